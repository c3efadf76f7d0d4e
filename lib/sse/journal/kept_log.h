#pragma once

/// \file
/// The table `log`: chunks of events, from a tail that retention moves to the head; and with it the
/// table `parts`, which says what runs of them hold.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/journal/database.h"
#include "sse/journal/journal_options.h"
#include "sse/journal/kept_parts.h"
#include "sse/journal/part_builder.h"
#include "sse/log/entry.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// A chunk as its row says, without its bytes. The row has no checksum, so it may say what is not
/// true; the chunk knows.
struct SSE_EXPORT ChunkRow {
  wire::Sequence first = 0;
  std::uint64_t count = 0;  ///< 0: the row says what no chunk can have
  std::chrono::milliseconds time{0};
  wire::Epoch epoch = 0;
  std::uint64_t bytes = 0;

  /// Of a row that begins `first, count, ms, epoch, length(chunk)`.
  static ChunkRow of(const Statement& row);

  wire::Sequence last() const { return count == 0 ? first : first + count - 1; }
  wire::EventId first_id() const { return wire::EventId::make(time, epoch, first); }
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
  /// `part_bytes`: of the chunks of a part. `hash`: for types and topics.
  static Try<KeptLog> open(Database& database, std::uint64_t part_bytes = kMostPartBytes,
                           const KeyedHash& hash = {});

  /// A part is about so large, or an eighth of the memory that it is read into.
  static constexpr std::uint64_t kMostPartBytes = std::uint64_t{512} << 10U;

  /// What is deleted at one time: no commit waits for more, and pages are read before they are
  /// freed.
  static constexpr std::uint64_t kMostDropped = std::uint64_t{16} << 20U;

  /// The newest chunk.
  Try<std::optional<ChunkRow>> newest();
  /// The chunk before a sequence.
  Try<std::optional<ChunkRow>> before(wire::Sequence sequence);
  /// The first chunk that begins at a sequence or behind it.
  Try<std::optional<ChunkRow>> from(wire::Sequence sequence);

  /// Of the chunks that begin in [first, last].
  Try<std::uint64_t> bytes_between(wire::Sequence first, wire::Sequence last);

  using Each = std::function<bool(const ChunkRow&, std::string_view)>;
  /// Each chunk from this sequence on, in order, until `each` is false for one; the bytes hold
  /// during the call.
  Try<void> read_from(wire::Sequence first, const Each& each);
  /// Each chunk, newest first, until `each` is false for one.
  Try<void> read_back(const Each& each);

  /// What the start has found of the parts.
  void begin(PartBuilder open, std::uint64_t bytes);
  KeptParts& parts() { return parts_; }
  PartBuilder new_part() const { return {part_bytes_, hash_}; }

  /// Looks for rows that a damaged key has put above the head, where new ones shall stand.
  void look_for_strays(wire::Sequence head);
  /// Deletes them, and parts above the head.
  Try<void> forget_after(wire::Sequence head);

  /// Writes chunks. REQUIRES: entries that follow what is there.
  Try<void> write(std::span<const log::Entry> entries);
  /// The first events of the parts that were begun by what was written, once.
  std::vector<wire::EventId> take_begun() { return std::exchange(begun_, {}); }

  /// Deletes chunks, oldest first and never the newest, until the limits hold and `excess` bytes
  /// are gone; a bounded number. The id of the newest event that is gone by it.
  Try<std::optional<wire::EventId>> apply(const LogLimits& limits, std::uint64_t excess,
                                          const ChunkAges& ages, BootTime now);
  /// The same for the oldest eighth.
  Try<std::optional<wire::EventId>> drop_eighth();
  /// Whether the last call has left some of what it was to delete.
  bool has_more_to_drop() const { return has_more_to_drop_; }
  /// To be asked when a transaction with one of them has failed: whether that was since SQLite
  /// cannot delete some chunks. They stay, and the transaction is worth another attempt.
  bool leave_damaged(const Failure& failure);

  void settle();
  void undo();

  /// Of all chunks, as far as it is known: after damage it may be somewhat off.
  std::uint64_t bytes() const { return bytes_; }
  /// The part that is not complete yet.
  const PartExtent& open_part() const { return open_.extent(); }

 private:
  KeptLog(Database& database, KeptParts parts, std::uint64_t part_bytes, const KeyedHash& hash)
      : database_(&database),
        parts_(std::move(parts)),
        part_bytes_(part_bytes),
        hash_(hash),
        open_(part_bytes, hash) {}
  Try<void> prepare();
  Try<std::optional<ChunkRow>> one(std::string_view which, wire::Sequence sequence);
  Try<void> end_part();
  using IsTooMuch = std::function<bool(const ChunkRow&)>;
  Try<std::optional<wire::EventId>> drop_while(const IsTooMuch& is_too_much);
  Try<std::optional<wire::EventId>> try_to_drop(const IsTooMuch& is_too_much);

  Database* database_;
  KeptParts parts_;
  std::uint64_t part_bytes_;
  KeyedHash hash_;
  PartBuilder open_;
  std::vector<wire::EventId> begun_;
  bool has_strays_ = false;
  bool has_more_to_drop_ = false;
  wire::Sequence first_to_drop_ = 0;  // what is before it SQLite cannot delete
  wire::Sequence looked_at_ = 0;      // by the last call
  bool has_met_damage_ = false;       // the same
  std::uint64_t bytes_ = 0;
  std::uint64_t settled_bytes_ = 0;
  PartExtent settled_open_;
  std::string chunk_;  // that is written; keeps its memory
  Statement insert_;
  Statement oldest_;
  Statement delete_;
};

}  // namespace sse::journal
