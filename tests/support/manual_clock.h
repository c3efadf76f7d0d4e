#pragma once

#include <atomic>
#include <chrono>

#include "sse/base/clock.h"

namespace sse::test {

/// A clock that stands still until a test moves it. Thread-safe.
class ManualClock final : public Clock {
 public:
  Now now() const override {
    return {WallTime(std::chrono::nanoseconds(wall_.load())),
            BootTime(std::chrono::nanoseconds(boot_.load()))};
  }

  /// Time passes: both clocks.
  void advance(std::chrono::nanoseconds by) {
    wall_ += by.count();
    boot_ += by.count();
  }

  /// The wall clock is set; no time passes.
  void jump_wall(std::chrono::nanoseconds by) { wall_ += by.count(); }

 private:
  std::atomic<std::int64_t> wall_ = std::int64_t{1'800'000'000} * 1'000'000'000;
  std::atomic<std::int64_t> boot_ = std::int64_t{1'000} * 1'000'000'000;
};

}  // namespace sse::test
