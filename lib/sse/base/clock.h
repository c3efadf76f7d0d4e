#pragma once

/// \file
/// Time is a parameter: code that needs it is given a Clock. A loop samples it once per turn.

#include <chrono>

#include "sse/base/export.h"

namespace sse {

/// Time since boot, suspend included (CLOCK_BOOTTIME): what ages and timeouts are measured with. It
/// does not jump when the wall clock is set. It has no now(): ask a Clock.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};

using BootTime = BootClock::time_point;

/// Wall time, UTC, nanoseconds since 1970: what people read and what ids carry. May jump.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Both times at one moment.
struct Now {
  WallTime wall;
  BootTime boot;
};

/// Where time comes from: the kernel, or a test. Thread-safe.
class SSE_EXPORT Clock {
 public:
  virtual ~Clock() = default;
  virtual Now now() const = 0;
  /// One of the two alone, where the other is not needed.
  virtual WallTime wall() const { return now().wall; }
  virtual BootTime boot() const { return now().boot; }
};

/// The kernel's clocks.
class SSE_EXPORT SystemClock final : public Clock {
 public:
  Now now() const override;
  WallTime wall() const override;
  BootTime boot() const override;
};

}  // namespace sse
