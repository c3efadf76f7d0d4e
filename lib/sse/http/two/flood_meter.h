#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "sse/base/clock.h"

namespace sse::http {

/// Frames of a peer that ask for work and bring nothing: PING, SETTINGS, empty DATA, resets of what
/// was not begun. A few at a time are in order, and so are some each second; more are an attack
/// (CVE-2019-9512 and those beside it). Window updates are, as far as bytes were sent for them. A
/// value.
class FloodMeter {
 public:
  static constexpr double kMost = 1000;
  static constexpr double kPerSecond = 100;
  /// Peers that update a window with each of their reads read some 4 KiB at a time.
  static constexpr std::size_t kBytesOfUpdate = 512;

  explicit FloodMeter(BootTime now) : since_(now) {}

  /// False: there are too many.
  bool add(BootTime now, double weight = 1) {
    const auto passed = std::chrono::duration<double>(now - since_).count();
    level_ = std::max(0.0, level_ - passed * kPerSecond) + weight;
    since_ = now;
    return level_ <= kMost;
  }
  /// The same, of an update of a window.
  bool add_window_update(BootTime now) {
    if (paid_updates_ == 0) return add(now);
    --paid_updates_;
    return true;
  }
  /// A frame of DATA was sent: the peer may update its stream's window and the connection's for
  /// each part of it that it reads.
  void count_sent(std::size_t bytes) { paid_updates_ += 2 + bytes / kBytesOfUpdate; }

 private:
  BootTime since_;
  double level_ = 0;
  std::uint64_t paid_updates_ = 0;
};

}  // namespace sse::http
