#pragma once

/// \file
/// What a node reads of the engine when it starts, or when its own copy no longer holds.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/journal/redis_batch.h"
#include "sse/journal/redis_link.h"
#include "sse/journal/redis_parts.h"
#include "sse/log/entry.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// All rows and members of series at one place of the order.
struct LoadedRows {
  wire::Sequence at = 0;
  std::vector<log::KeptRow> rows;  ///< in order
};

/// Thread-compatible. While it reads, nothing else may be under way on RedisLink::calls().
class SSE_EXPORT RedisLoader {
 public:
  /// Reads an entry; nullopt: it is damaged, and left out.
  using Read = std::function<std::optional<RedisEntry>(const RedisReply&)>;

  RedisLoader(RedisLink& link, Read read, const RedisPatience& patience)
      : link_(link), read_(std::move(read)), patience_(patience) {}

  /// Rows are read one after the other while others change: each with the place that it is of. What
  /// came between the first and the last is then applied to those that are older.
  Result<LoadedRows> rows(const Attached& attached);

  /// Where the log begins.
  Result<OldestEntry> oldest();

  struct PartRows {
    std::vector<RedisPart> parts;
    wire::Sequence next = 0;  ///< what comes next ends there or later; 0: there is no more
  };
  /// What is known of parts that end at `first` or after it, in order: `limit` rows are read at
  /// most, and those that are damaged are left out.
  Result<PartRows> parts(wire::Sequence first, std::size_t limit);

  /// Writes the row of a complete part, where the engine takes it.
  Status save(const RedisPart& part);

  /// From when on the stream is to be read for the newest `bytes` of it, and nothing that is too
  /// old for the log.
  Result<std::chrono::milliseconds> begin_of(const Attached& attached, std::uint64_t bytes);

  /// Reads entries from the id `from` on (`(` before it: behind it), until `take` has got one that
  /// ends at `last` or after it, or there are no more. `take` may fail.
  Status entries(std::string from, wire::Sequence last,
                 FunctionRef<Status(const RedisEntry&)> take);

 private:
  Result<RedisReply> call(std::initializer_list<std::string_view> request);
  Result<std::uint64_t> bytes_before(std::chrono::milliseconds time);

  RedisLink& link_;
  const Read read_;
  const RedisPatience patience_;
};

}  // namespace sse::journal
