#pragma once

/// \file
/// When a subscriber is too slow.

#include <chrono>
#include <cstdint>

namespace sse::hub {

/// How far a blocked subscriber is behind. A value.
struct Lag {
  std::chrono::nanoseconds blocked{0};  ///< how long its socket has taken nothing
  std::uint64_t bytes_behind = 0;       ///< of the log, before filtering
  std::uint64_t events_lost = 0;        ///< that it has not been sent, and the log has dropped
  bool was_caught_up = false;           ///< it was at the end of the log once, and is not paced
};

/// The rule, a pure function. A subscriber whose socket has room is never slow: what it lacks is
/// the hub's to send. A blocked one is slow if any line holds:
///
/// | number       | slow from            | but                                               |
/// |--------------|----------------------|---------------------------------------------------|
/// | events_lost  | 1                    |                                                   |
/// | blocked      | slow_after           | never with slow_after 0                           |
/// | bytes_behind | more than max_lag    | only once caught up: a first replay may be longer |
///
/// A value.
struct LagPolicy {
  std::chrono::nanoseconds slow_after{0};
  std::uint64_t max_lag = 0;

  constexpr bool is_slow(const Lag& lag) const {
    const bool is_stuck = slow_after.count() > 0 && lag.blocked >= slow_after;
    const bool is_far_behind = lag.was_caught_up && lag.bytes_behind > max_lag;
    return lag.events_lost > 0 || is_stuck || is_far_behind;
  }
};

}  // namespace sse::hub
