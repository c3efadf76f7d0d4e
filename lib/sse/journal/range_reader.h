#pragma once

/// \file
/// Chunks that are read back while the hub goes on writing: in steps, so that a commit waits for a
/// few pages of the disk, and not for a part of the log.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/later.h"
#include "sse/journal/database.h"
#include "sse/journal/kept_log.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// A range of events, and the chunks of it that were read.
class SSE_EXPORT RangeReading {
 public:
  RangeReading(wire::Sequence first, wire::Sequence last) : next_(first), last_(last) {}

  wire::Sequence next() const { return next_; }  ///< the first event that was not read
  wire::Sequence last() const { return last_; }
  bool is_whole() const { return next_ > last_; }

  /// In order. REQUIRES: it is whole.
  std::vector<std::string> take_chunks() { return std::move(chunks_); }

 private:
  friend class RangeReader;

  /// False when the chunk is not what its row says.
  bool take(const ChunkRow& row, std::string chunk);

  wire::Sequence next_;
  wire::Sequence last_;
  std::vector<std::string> chunks_;
  std::optional<ChunkRow> large_;  // that is read a piece at a time
  std::string pieces_;             // of it
};

/// Thread-compatible.
class SSE_EXPORT RangeReader {
 public:
  static Try<RangeReader> open(Database& database);

  /// What became of a step.
  enum class Step : std::uint8_t {
    kRead,     ///< some or all of it was read: ask the range
    kDamaged,  ///< the chunk that holds the next event is not there, or is not as it was written
  };

  /// Goes on with `range`, until it is whole or `may_go_on` is false after a chunk or a piece of
  /// one. Between two steps anything may happen to the log.
  Try<Step> go_on(RangeReading& range, FunctionRef<bool()> may_go_on);

 private:
  enum class Progress : std::uint8_t { kGoOn, kPause, kDamaged };

  explicit RangeReader(Database& database) : database_(&database) {}
  Try<Progress> read_small(RangeReading& range, FunctionRef<bool()> may_go_on);
  Try<Progress> read_large(RangeReading& range, FunctionRef<bool()> may_go_on);

  Database* database_;
  Statement select_;
};

}  // namespace sse::journal
