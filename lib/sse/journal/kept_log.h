#pragma once

/// \file
/// The table `log`: chunks of events, from a tail that retention moves to the head.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/journal/database.h"
#include "sse/journal/journal_options.h"
#include "sse/log/entry.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// A chunk as its row says, without its bytes. The row has no checksum, so it may say what is not
/// true; the chunk knows.
struct ChunkRow {
  wire::Sequence first = 0;
  std::uint64_t count = 0;  ///< 0: the row says what no chunk can have
  std::chrono::milliseconds time{0};
  wire::Epoch epoch = 0;
  std::uint64_t bytes = 0;

  wire::Sequence last() const { return count == 0 ? first : first + count - 1; }
  wire::EventId last_id() const { return wire::EventId::make(time, epoch, last()); }
  /// Whether these, which its chunk holds, are what the row says.
  bool tells_of(std::span<const log::Entry> entries) const {
    return entries.size() == count && entries.front().id.sequence() == first &&
           entries.back().id == last_id();
  }
};

class ChunkAges;

/// Thread-compatible. What writes does so in a transaction of the caller's, and is followed by
/// settle() once that is committed, or by undo().
class SSE_EXPORT KeptLog {
 public:
  static Try<KeptLog> open(Database& database);

  /// The newest chunk.
  Try<std::optional<ChunkRow>> newest();
  /// The oldest chunk of the newest that are at most `bytes` together and not older than `since`,
  /// or damaged; the newest at least.
  Try<std::optional<ChunkRow>> oldest_to_load(std::uint64_t bytes, std::chrono::milliseconds since);
  /// The chunk before a sequence.
  Try<std::optional<ChunkRow>> before(wire::Sequence sequence);
  /// Each chunk from this sequence on, in order; the bytes hold during the call.
  Try<void> read_from(wire::Sequence first,
                      const std::function<void(const ChunkRow&, std::string_view)>& each);

  /// Each chunk, newest first, until `each` is false for one.
  Try<void> read_back(const std::function<bool(const ChunkRow&, std::string_view)>& each);

  /// Deletes rows that a damaged key has put above the head, where new ones shall stand.
  Try<void> forget_after(wire::Sequence head);

  /// Writes chunks. REQUIRES: entries that follow what is there.
  Try<void> write(std::span<const log::Entry> entries);

  /// Deletes chunks, oldest first and never the newest, until the limits hold; a bounded number.
  /// The id of the newest event that is gone by it.
  Try<std::optional<wire::EventId>> apply(const LogLimits& limits, const ChunkAges& ages,
                                          BootTime now);
  /// The same for the oldest eighth.
  Try<std::optional<wire::EventId>> drop_eighth();

  void settle() { settled_ = totals_; }
  void undo() { totals_ = settled_; }

  std::uint64_t bytes() const { return totals_.bytes; }
  std::uint64_t events() const { return totals_.events; }

 private:
  struct Totals {
    std::uint64_t bytes = 0;
    std::uint64_t events = 0;
  };

  explicit KeptLog(Database& database) : database_(&database) {}
  Try<void> prepare();
  Try<void> count();
  Try<std::optional<wire::EventId>> drop_while(
      const std::function<bool(const ChunkRow&)>& is_too_much);

  Database* database_;
  Totals totals_;
  Totals settled_;
  Statement insert_;
  Statement oldest_;
  Statement delete_;
};

}  // namespace sse::journal
