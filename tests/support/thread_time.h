#pragma once

#include <ctime>

namespace sse::test {

/// Seconds of a processor that this thread has used: for growth, not for speed, and not changed by
/// what else the machine does. Thread-safe.
inline double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace sse::test
