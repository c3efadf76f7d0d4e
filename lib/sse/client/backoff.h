#pragma once

/// \file
/// How long a subscriber stays away before it connects again.

#include <chrono>

#include "sse/base/export.h"
#include "sse/base/random.h"

namespace sse::client {

/// Doubles from the reconnection time up to a maximum. Jitter only adds, so that the server's wish
/// is always kept and a thousand subscribers of a restarted hub come back one by one.
/// Thread-compatible.
class SSE_EXPORT Backoff {
 public:
  struct Limits {
    std::chrono::nanoseconds min = std::chrono::seconds(1);
    std::chrono::nanoseconds max = std::chrono::seconds(30);
  };

  Backoff(const Limits& limits, RandomSource& random) : limits_(limits), random_(random) {}

  /// The server's `retry` field: the least time between two connections from now on.
  void set_reconnection_time(std::chrono::nanoseconds time);
  std::chrono::nanoseconds reconnection_time() const { return reconnection_time_; }

  /// A connection was healthy for that long; from 30 s on, what went wrong before is forgotten.
  void note_health(std::chrono::nanoseconds lasted);

  /// The wait before the next connection, and at least `at_least` (a Retry-After).
  std::chrono::nanoseconds next(std::chrono::nanoseconds at_least = {});

 private:
  const Limits limits_;
  RandomSource& random_;
  std::chrono::nanoseconds reconnection_time_{};
  unsigned failures_ = 0;
};

}  // namespace sse::client
