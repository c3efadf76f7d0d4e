#pragma once

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
  std::size_t max_per_peer = 0;       ///< streams of one address (an IPv6 /64); 0: no limit
  std::uint64_t max_lag = 8U << 20U;  ///< bytes behind while blocked, once caught up
  std::chrono::nanoseconds slow_after = std::chrono::seconds(30);  ///< 0: never
  std::chrono::nanoseconds heartbeat = std::chrono::seconds(15);   ///< 0: none
  std::chrono::nanoseconds retry = std::chrono::seconds(2);
};

}  // namespace sse::hub
