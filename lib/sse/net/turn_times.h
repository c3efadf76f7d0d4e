#pragma once

/// \file
/// How long the turns of loops took.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sse::net {

/// How long turns took since the start, by the processor time of the loop's thread. A value.
struct TurnTimes {
  /// Upper ends of the buckets; there is one more, without end.
  static constexpr std::array<std::chrono::microseconds, 8> kBounds = {
      std::chrono::microseconds(100),     std::chrono::microseconds(500),
      std::chrono::microseconds(1'000),   std::chrono::microseconds(2'500),
      std::chrono::microseconds(5'000),   std::chrono::microseconds(10'000),
      std::chrono::microseconds(100'000), std::chrono::microseconds(1'000'000)};

  std::array<std::uint64_t, kBounds.size() + 1> buckets{};  ///< each counts its own
  std::chrono::nanoseconds sum{0};
  std::chrono::nanoseconds longest{0};

  /// Adds the turns of another loop.
  TurnTimes& operator+=(const TurnTimes& other) {
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
    sum += other.sum;
    longest = std::max(longest, other.longest);
    return *this;
  }
};

}  // namespace sse::net
