#pragma once

/// \file
/// The parts of a stream, as a node finds them that starts: rows of `parts` where they are whole,
/// and the entries themselves where they are not.

#include <cstddef>
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

/// Memory that names of the part take, about.
SSE_EXPORT std::size_t name_bytes_of(const log::KeptPart& part);

/// Lets go of names of older parts, so that all of them take three quarters of `most` bytes at
/// most: first of pairs that come again in a later part, as half of `most` is for parts as they
/// are; then of all names of the oldest parts. Returns what is left, in bytes.
SSE_EXPORT std::size_t bound_names(std::vector<log::KeptPart>& parts, std::size_t most);

/// Parts that follow each other densely, up to an event. Thread-compatible.
class SSE_EXPORT RedisPartSearch {
 public:
  /// What is up to the event `end` is looked for. Names have about `name_bytes` at most: see
  /// bound_names().
  RedisPartSearch(RedisLoader& loader, const Attached& attached, wire::Sequence end,
                  const KeyedHash& hash, std::size_t name_bytes)
      : loader_(loader), attached_(attached), end_(end), name_bytes_(name_bytes), open_(hash) {}

  /// From where the log begins. What comes before a hole is not found. Complete parts that have no
  /// row get one. Errors: those of the loader.
  Status find();

  // What was found.

  /// Complete parts and, last, what there is of the newest one; oldest first.
  std::vector<log::KeptPart> take_parts() { return std::move(parts_); }
  /// What the next entry is added to.
  RedisPartBuilder take_open() { return std::move(open_); }

 private:
  Result<OldestEntry> oldest();
  Result<const RedisPart*> next_row();
  bool is_whole(const RedisPart& row) const;
  Status take_row();
  Status read_entries(wire::Sequence last);
  Status add(const RedisEntry& entry);
  void lose(wire::Sequence next);
  Status end_open();
  void keep(log::KeptPart part);

  RedisLoader& loader_;
  const Attached& attached_;
  const wire::Sequence end_;
  const std::size_t name_bytes_;

  RedisPlace at_;               // what comes behind it is looked for
  wire::EventId first_;         // of the log
  wire::Sequence asked_ = 0;    // rows from there on are not read yet; 0: there are no more
  std::deque<RedisPart> rows_;  // read, and not taken
  std::vector<log::KeptPart> parts_;
  std::size_t used_bytes_ = 0;  // by names of these
  RedisPartBuilder open_;
};

}  // namespace sse::journal
