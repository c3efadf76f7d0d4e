#include "ticket_book.h"

#include <algorithm>
#include <chrono>

namespace sse::bench {

std::int64_t steady_ns() {
  using std::chrono::steady_clock;
  constexpr std::int64_t kFirst = 1'000'000'000'000'000;
  static const auto begin = steady_clock::now();
  return kFirst + std::chrono::nanoseconds(steady_clock::now() - begin).count();
}

std::optional<Ticket> TicketBook::issue() {
  const MutexLock lock(mutex_);
  const auto count = count_.load(std::memory_order_relaxed);
  if (count == times_.size()) return std::nullopt;
  std::int64_t now = steady_ns();
  if (count > 0) now = std::max(now, times_[count - 1] + 1);
  times_[count] = now;
  count_.store(count + 1, std::memory_order_release);
  return Ticket{count, now};
}

std::optional<std::size_t> TicketBook::find(std::int64_t sent_ns) const {
  const auto begin = times_.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(issued());
  const auto at = std::lower_bound(begin, end, sent_ns);
  if (at == end || *at != sent_ns) return std::nullopt;
  return static_cast<std::size_t>(at - begin);
}

}  // namespace sse::bench
