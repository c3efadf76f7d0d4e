#include "sse/base/clock.h"

#include <ctime>

namespace sse {
namespace {

std::chrono::nanoseconds read_clock(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Now SystemClock::now() const {
  return {wall(), boot()};
}

WallTime SystemClock::wall() const {
  return WallTime(read_clock(CLOCK_REALTIME));
}

BootTime SystemClock::boot() const {
  return BootTime(read_clock(CLOCK_BOOTTIME));
}

}  // namespace sse
