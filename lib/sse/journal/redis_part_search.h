#pragma once

/// \file
/// The parts of a stream, as a node finds them that starts: rows of `parts` where they are whole,
/// and the entries themselves where they are not.

#include <deque>
#include <optional>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/result.h"
#include "sse/journal/redis_link.h"
#include "sse/journal/redis_loader.h"
#include "sse/journal/redis_parts.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// Parts that follow each other densely, up to an event. Names of all of them are in memory at
/// once. Thread-compatible.
class SSE_EXPORT RedisPartSearch {
 public:
  /// What is up to the event `end` is looked for.
  RedisPartSearch(RedisLoader& loader, const Attached& attached, wire::Sequence end,
                  const KeyedHash& hash)
      : loader_(loader), attached_(attached), end_(end), open_(hash) {}

  /// From where the log begins. What comes before a hole is not found. Errors: those of the loader.
  Status find();

  // What was found.

  /// Complete parts and, last, what there is of the newest one; oldest first.
  const std::vector<RedisPart>& parts() const { return parts_; }
  /// The complete ones of them that have no row.
  std::vector<RedisPart> take_missing() { return std::move(missing_); }
  /// What the next entry is added to.
  RedisPartBuilder take_open() { return std::move(open_); }

 private:
  Result<std::optional<OldestEntry>> oldest();
  Result<const RedisPart*> next_row();
  bool is_whole(const RedisPart& row) const;
  void take_row();
  Status read_entries(wire::Sequence last);
  void add(const RedisEntry& entry);
  void lose(wire::Sequence next);
  void end_open();

  RedisLoader& loader_;
  const Attached& attached_;
  const wire::Sequence end_;

  RedisPlace at_;               // what comes behind it is looked for
  wire::EventId first_;         // of the log
  wire::Sequence asked_ = 0;    // rows from there on are not read yet; 0: there are no more
  std::deque<RedisPart> rows_;  // read, and not taken
  std::vector<RedisPart> parts_;
  std::vector<RedisPart> missing_;
  RedisPartBuilder open_;
};

}  // namespace sse::journal
