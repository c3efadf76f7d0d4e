#pragma once

#include <atomic>
#include <cstddef>

#include "sse/base/clock.h"

namespace sse::http {

/// What requests and responses hold, over all loops, and its ceiling (--max-http-bytes).
/// Thread-safe.
class HeldBytes {
 public:
  explicit HeldBytes(std::size_t limit) : limit_(limit) {}

  std::size_t limit() const { return limit_; }
  std::size_t sum() const { return sum_.load(std::memory_order_relaxed); }
  std::size_t left() const {
    const std::size_t held = sum();
    return held < limit_ ? limit_ - held : 0;
  }
  /// Less than an eighth is left.
  bool is_scarce() const { return left() < limit_ / 8; }

  /// Whether some unread answer is to be found and cut; then end_relief() follows. One at a time.
  bool begin_relief(BootTime now) {
    return now >= next_relief_.load(std::memory_order_relaxed) && !is_relieving_.exchange(true);
  }
  /// Not again before `next`.
  void end_relief(BootTime next) {
    next_relief_.store(next, std::memory_order_relaxed);
    is_relieving_.store(false);
  }

  /// Counts so many more if they fit. Never past the limit.
  bool take(std::size_t more) {
    std::size_t held = sum();
    do {
      if (held > limit_ || more > limit_ - held) return false;
    } while (!sum_.compare_exchange_weak(held, held + more, std::memory_order_relaxed));
    return true;
  }
  /// Counts what is held already and cannot be let go.
  void add(std::size_t more) { sum_.fetch_add(more, std::memory_order_relaxed); }
  void give_back(std::size_t bytes) { sum_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> sum_ = 0;
  std::atomic<bool> is_relieving_ = false;
  std::atomic<BootTime> next_relief_{BootTime()};
};

/// What one connection holds of the sum, and of its address's share. An address may hold four times
/// what is left for all: one alone four fifths, and however many there are, some is left for the
/// next. Loop-affine.
class HeldShare {
 public:
  /// `of_address`: what all connections of its address hold.
  HeldShare(HeldBytes& all, std::atomic<std::size_t>& of_address)
      : all_(all), of_address_(of_address) {}
  ~HeldShare() { let_go(held_); }
  HeldShare(const HeldShare&) = delete;
  HeldShare& operator=(const HeldShare&) = delete;

  std::size_t held() const { return held_; }

  /// From now on it holds `bytes`. False: so many more do not fit, and nothing has changed.
  bool hold(std::size_t bytes) {
    if (bytes <= held_) return let_go(held_ - bytes), true;
    const std::size_t more = bytes - held_;
    const std::size_t left = all_.left();
    const std::size_t own = of_address_.load(std::memory_order_relaxed);
    if (more > left || (own + more) / kShare > left - more || !all_.take(more)) return false;
    add(more);
    return true;
  }
  /// The same, of what cannot be let go.
  void hold_anyway(std::size_t bytes) {
    if (hold(bytes)) return;
    all_.add(bytes - held_);
    add(bytes - held_);
  }

  /// The address is close to the end of its share: its unread answers are cut.
  bool is_at_end() const {
    return of_address_.load(std::memory_order_relaxed) / kEnd > all_.left();
  }

 private:
  static constexpr std::size_t kShare = 4;
  static constexpr std::size_t kEnd = 3;

  void add(std::size_t more) {
    of_address_.fetch_add(more, std::memory_order_relaxed);
    held_ += more;
  }
  void let_go(std::size_t bytes) {
    if (bytes == 0) return;
    all_.give_back(bytes);
    of_address_.fetch_sub(bytes, std::memory_order_relaxed);
    held_ -= bytes;
  }

  HeldBytes& all_;
  std::atomic<std::size_t>& of_address_;
  std::size_t held_ = 0;
};

}  // namespace sse::http
