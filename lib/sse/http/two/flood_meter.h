#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "sse/base/clock.h"

namespace sse::http {

/// Frames of a peer that ask for work and bring nothing: PING, SETTINGS, empty DATA, resets. A few
/// at a time are in order, and so are some each second; more are an attack (CVE-2019-9512 and those
/// beside it). Window updates are, as far as bytes were sent for them. A value.
class FloodMeter {
 public:
  static constexpr double kMost = 1000;
  static constexpr double kPerSecond = 100;

  explicit FloodMeter(BootTime now) : since_(now) {}

  /// False: there are too many.
  bool add(BootTime now) {
    const auto passed = std::chrono::duration<double>(now - since_).count();
    level_ = std::max(0.0, level_ - passed * kPerSecond) + 1;
    since_ = now;
    return level_ <= kMost;
  }
  /// The same, of an update of a window.
  bool add_window_update(BootTime now) {
    if (paid_updates_ == 0) return add(now);
    --paid_updates_;
    return true;
  }
  /// A frame of DATA was sent: the peer may update its stream's window and the connection's.
  void count_sent() { paid_updates_ += 2; }

 private:
  BootTime since_;
  double level_ = 0;
  std::uint64_t paid_updates_ = 0;
};

}  // namespace sse::http
