#pragma once

/// \file
/// The stream cut into parts of about half a MiB, so that history that is not in memory can be read
/// back a part at a time. A part ends where the bytes of chunks before an entry pass a multiple of
/// that size (the field t): every node cuts at the same places. What is known of a complete part is
/// kept in Redis as a member of the sorted set `parts`, with the sequence of its last event as its
/// score, so that a node that starts need not read it; where that is missing the part is read.
///
///     u32 CRC-32C of everything behind it
///     u64 sequence of the first event | u64 of the last
///     u64 unix ms of the first | u64 of the last
///     u32 epoch of the first
///     for each pair of type and topic, by the sequence of its newest event:
///         u32 sequence - first | u16 size of type | u16 of topic | type | topic

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/result.h"
#include "sse/journal/newest_of_pairs.h"
#include "sse/journal/redis_batch.h"
#include "sse/log/part.h"

namespace sse::journal {

/// A value.
struct RedisPart {
  log::KeptPart kept;
  std::chrono::milliseconds last_time{0};  ///< in the id of its last event

  /// The entry that ends it.
  RedisPlace end() const { return {last_time, kept.last}; }
};

SSE_EXPORT std::string encode_part(const RedisPart& part);
/// Error: kInvalid, for anything that encode_part() does not write.
SSE_EXPORT Result<RedisPart> read_part(std::string_view text);

/// Logs that the events from `first` on are missing, and that the log begins at `next` now.
void log_hole(wire::Sequence first, wire::Sequence next);

/// The part that new entries are added to. Thread-compatible.
class SSE_EXPORT RedisPartBuilder {
 public:
  explicit RedisPartBuilder(const KeyedHash& hash) : newest_(hash) {}

  bool empty() const { return last_ == 0; }

  /// Whether the next part begins with this entry. REQUIRES: it follows what is there.
  bool is_complete_before(const RedisEntry& entry) const;

  /// REQUIRES: it follows what is there.
  void add(const RedisEntry& entry);

  /// What is there. REQUIRES: it is not empty.
  RedisPart part() const;
  /// The same; then the builder is empty.
  RedisPart take();
  /// What comes next need not follow.
  void clear();

 private:
  wire::EventId first_;
  wire::Sequence last_ = 0;  // 0: empty
  std::chrono::milliseconds last_time_{0};
  std::uint64_t number_ = 0;
  NewestOfPairs newest_;
};

}  // namespace sse::journal
