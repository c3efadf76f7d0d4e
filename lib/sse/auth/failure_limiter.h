#pragma once

/// \file
/// How often a peer may be wrong before its tokens are no longer checked.

#include <chrono>
#include <cstddef>
#include <string_view>

#include "sse/auth/rate_buckets.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/random.h"

namespace sse::auth {

/// Stands before signature checks, which take up to 236 us of a loop, and before what is looked up
/// in another process. What is looked up here never waits, so a neighbour behind the same address
/// keeps its other credentials. Thread-safe.
class SSE_EXPORT FailureLimiter {
 public:
  /// Failures that a peer group may have at once, and how many more each second.
  static constexpr double kBurst = 30;
  static constexpr double kPerSecond = 1;

  /// `most`: peer groups with a bucket of their own.
  FailureLimiter(std::size_t most, RandomSource& random)
      : buckets_(Rate{kPerSecond, kBurst}, most, random) {}

  /// Before a signature is checked: takes the failure that it may be, so that checks on several
  /// loops at once are no more than these. 0: go on; else how long to stay away. `group`: the text
  /// of peer_group(), empty for a Unix socket.
  std::chrono::nanoseconds begin_check(std::string_view group, BootTime now) {
    return buckets_.take(group, 1, now);
  }
  /// The token was good: it was not a failure.
  void succeeded(std::string_view group) { buckets_.give_back(group, 1); }

  /// Before a check whose outcome comes later: takes nothing, so that any number of good ones may
  /// be under way at a time. As begin_check().
  std::chrono::nanoseconds wait_of(std::string_view group, BootTime now) {
    return buckets_.take(group, 0, now);
  }
  /// The outcome of such a check was a failure.
  void failed(std::string_view group, BootTime now) { buckets_.take(group, 1, now); }

 private:
  RateBuckets buckets_;
};

}  // namespace sse::auth
