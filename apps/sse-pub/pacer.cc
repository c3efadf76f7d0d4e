#include "pacer.h"

#include <algorithm>
#include <chrono>

namespace sse::pub {

void Pacer::admit(std::size_t count) {
  if (!rate_) return;
  const auto now = clock_.now().boot;
  if (next_ > now) waiter_.wait(-1, next_);
  const std::chrono::duration<double> taken(static_cast<double>(count) / *rate_);
  next_ = std::max(now, next_) + std::chrono::duration_cast<std::chrono::nanoseconds>(taken);
}

std::size_t Pacer::most_at_once(std::size_t wanted) const {
  constexpr double kPerSecond = 10;
  if (!rate_ || *rate_ / kPerSecond >= static_cast<double>(wanted)) return wanted;
  return std::max<std::size_t>(1, static_cast<std::size_t>(*rate_ / kPerSecond));
}

}  // namespace sse::pub
