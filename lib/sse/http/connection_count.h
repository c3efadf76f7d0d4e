#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "sse/http/request.h"

namespace sse::http {

/// How many connections the loops have, and whether there is room for more. The operator's
/// listeners have a few places that are theirs alone, so an operator gets in when the others are
/// full. Thread-safe; two loops may take the last place at once.
class ConnectionCount {
 public:
  /// Beside the limit, and only by an operator's listener.
  static constexpr std::size_t kOperators = 16;

  /// `limit`: of all connections but those.
  explicit ConnectionCount(std::size_t limit) : limit_(limit) {}

  std::size_t all() const { return all_.load(std::memory_order_relaxed); }
  /// Those that count against the limit.
  std::size_t limited() const { return all() - std::min({all(), operators(), kOperators}); }

  bool has_room(Entrance entrance) const {
    return limited() < limit_ || (entrance == Entrance::kAdmin && operators() < kOperators);
  }
  /// Those that are being told that there are too many are connections too: whether there are so
  /// many of them that the next one is just closed.
  bool is_past_margin() const { return limited() > limit_ + margin(limit_); }

  /// The most that exist at a time: with those, and with the operators' own.
  static constexpr std::size_t most(std::size_t limit) {
    return limit + margin(limit) + kOperators;
  }

  void add(Entrance entrance) {
    all_.fetch_add(1, std::memory_order_relaxed);
    if (entrance == Entrance::kAdmin) operators_.fetch_add(1, std::memory_order_relaxed);
  }
  void remove(Entrance entrance) {
    if (entrance == Entrance::kAdmin) operators_.fetch_sub(1, std::memory_order_relaxed);
    all_.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t margin(std::size_t limit) { return limit / 8 + 16; }
  std::size_t operators() const { return operators_.load(std::memory_order_relaxed); }

  const std::size_t limit_;
  std::atomic<std::size_t> all_ = 0;
  std::atomic<std::size_t> operators_ = 0;
};

}  // namespace sse::http
