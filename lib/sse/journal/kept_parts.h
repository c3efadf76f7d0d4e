#pragma once

/// \file
/// The table `parts`: what is known of a run of chunks without reading them. A row is written once
/// its part is complete, in the commit that begins the next part; the newest chunks have no row.
/// Rows that are damaged or missing are made again from the chunks (PartSearch).
///
///     first        sequence of its first event
///     last         of its last event
///     ms, epoch    of the first event's id
///     bytes        of its chunks
///     crc          CRC-32C of the numbers above, 8 bytes each, and of pairs
///     pairs        the newest event of each pair of type and topic, by sequence:
///                  u16 sequence - first | u16 size of type | u16 of topic | type | topic

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/journal/database.h"
#include "sse/log/part.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// What fits a part: u16 counts its events.
inline constexpr std::size_t kMaxPartEvents = 65'535;

/// Where a part is, and how large.
struct PartExtent {
  wire::EventId first;
  wire::Sequence last = 0;
  std::uint64_t bytes = 0;  ///< of its chunks

  friend bool operator==(const PartExtent&, const PartExtent&) = default;
};

struct PartRow {
  PartExtent extent;
  std::vector<log::NewestInPart> newest;  ///< by sequence
};

/// Thread-compatible. What writes does so in a transaction of the caller's.
class SSE_EXPORT KeptParts {
 public:
  /// In a file of an older format there are no rows, and none may be written.
  static Try<KeptParts> open(Database& database);

  Try<void> write(const PartRow& row);

  /// Deletes the row with this key.
  Try<void> forget(std::int64_t first);
  /// Deletes the rows before that of the part which holds this sequence.
  Try<void> forget_before(wire::Sequence sequence);
  /// Deletes rows of parts that go on behind this sequence.
  Try<void> forget_after(wire::Sequence head);

  /// Each row that begins in [from, end), in order, with its key; nullopt for one that is damaged.
  using Each = std::function<void(std::int64_t, std::optional<PartRow>)>;
  Try<void> read(std::int64_t from, std::int64_t end, const Each& each);

  /// The first row with this key or a higher one, with its key; nullopt when there is none.
  Try<std::optional<std::pair<std::int64_t, std::optional<PartRow>>>> next(std::int64_t key);

  /// The sum of the bytes of all of them, as they say; nullopt when there is none.
  Try<std::optional<std::uint64_t>> bytes();

 private:
  explicit KeptParts(Database& database) : database_(&database) {}

  Database* database_;
  bool has_table_ = true;
  Statement insert_;
  Statement forget_before_;
};

}  // namespace sse::journal
