#pragma once

/// \file
/// What the hub counts.

#include <array>
#include <cstddef>
#include <cstdint>

namespace sse::hub {

/// Why a stream ended.
enum class CloseReason : std::uint8_t {
  kPeer,      ///< the subscriber went away
  kEvicted,   ///< the oldest one, to make room
  kSlow,      ///< it did not take what it was sent
  kShutdown,  ///< the hub drained
};
inline constexpr std::size_t kCloseReasons = 4;

/// Since the start. A value.
struct Counts {
  std::uint64_t opened = 0;
  std::array<std::uint64_t, kCloseReasons> closed{};  ///< by CloseReason
  std::uint64_t gaps = 0;                             ///< streams that were told sse.gap
  std::uint64_t sends = 0;                            ///< write attempts on streams' sockets
  std::uint64_t bytes = 0;                            ///< taken by streams' sockets

  std::uint64_t closed_for(CloseReason reason) const {
    return closed[static_cast<std::size_t>(reason)];
  }

  Counts& operator+=(const Counts& other) {
    opened += other.opened;
    for (std::size_t i = 0; i < kCloseReasons; ++i) closed[i] += other.closed[i];
    gaps += other.gaps;
    sends += other.sends;
    bytes += other.bytes;
    return *this;
  }
};

}  // namespace sse::hub
