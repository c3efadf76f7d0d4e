#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sse::hub {

/// Streams of one loop that may linger after they were closed. Past it they end at once: a peer
/// that opens streams and never ends one would take the descriptors of others.
inline constexpr std::size_t kMostLingering = 256;

enum class WhenFull { kEvictOldest, kReject };

/// Limits and intervals of all streams; sse-serve has a flag of the same name for each.
struct HubOptions {
  std::size_t max_clients = 10'000;
  WhenFull when_full = WhenFull::kEvictOldest;
  std::size_t max_per_peer = 0;  ///< streams of one address (an IPv6 /64); 0: no limit
  /// What the filters of all streams take of memory (Filter::footprint()); one address may have
  /// half of it. 0: 8 KiB for each of max_clients, at least 16 MiB.
  std::size_t max_filter_bytes = 0;
  std::uint64_t max_lag = 8U << 20U;  ///< bytes behind while blocked, once caught up; not if paced
  std::chrono::nanoseconds slow_after = std::chrono::seconds(30);  ///< 0: never
  std::chrono::nanoseconds heartbeat = std::chrono::seconds(15);   ///< 0: none
  std::chrono::nanoseconds retry = std::chrono::seconds(2);
};

/// `options.max_filter_bytes`, or what stands for 0.
inline std::size_t most_filter_bytes(const HubOptions& options) {
  constexpr std::size_t kLeast = 16U << 20U;
  constexpr std::size_t kOfStream = 8U << 10U;
  if (options.max_filter_bytes > 0) return options.max_filter_bytes;
  return std::max(kLeast, options.max_clients * kOfStream);
}

}  // namespace sse::hub
