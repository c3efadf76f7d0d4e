#pragma once

/// \file
/// How long subscribers are told to stay away: spread, so that they do not come back together.

#include <atomic>
#include <chrono>

#include "sse/base/random.h"
#include "sse/hub/counts.h"

namespace sse::hub {

/// Thread-safe.
class RetryTimes {
 public:
  /// `retry`: HubOptions::retry, the time for a subscriber that loses its connection.
  RetryTimes(std::chrono::nanoseconds retry, RandomSource& random)
      : retry_(retry), random_(random) {}

  /// For a stream that opens: up to a quarter more.
  std::chrono::milliseconds when_open() const { return spread(retry_, retry_ / 4); }
  std::chrono::milliseconds after(CloseReason reason) const;
  /// Another process goes on in the place of this one: those that it does not get may come back at
  /// once, spread over two seconds.
  void expect_successor() { has_successor_.store(true, std::memory_order_relaxed); }
  /// 10 to 30 s.
  std::chrono::milliseconds after_refusal() const;

 private:
  std::chrono::milliseconds spread(std::chrono::nanoseconds from,
                                   std::chrono::nanoseconds width) const;

  const std::chrono::nanoseconds retry_;
  RandomSource& random_;
  std::atomic<bool> has_successor_ = false;
};

}  // namespace sse::hub
