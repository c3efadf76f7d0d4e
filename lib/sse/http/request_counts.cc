#include "sse/http/request_counts.h"

#include <algorithm>

namespace sse::http {
namespace {

// There is one writer, so that an atomic increment, and its bus lock, can be spared.
void add(std::atomic<std::uint64_t>& count, std::uint64_t more) {
  count.store(count.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
}

}  // namespace

void RequestCounts::count(const Route* route, int status, std::chrono::nanoseconds duration) {
  const std::size_t none = by_route_.size() - 1;
  OfRoute& counts = by_route_[route == nullptr ? none : std::min(route->index, none)];
  const auto& bounds = RouteCounts::kBounds;
  const auto* bucket = std::lower_bound(bounds.begin(), bounds.end(), duration);
  add(counts.by_status[status_slot(status)], 1);
  add(counts.by_duration[static_cast<std::size_t>(bucket - bounds.begin())], 1);
  add(counts.nanoseconds, static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)));
}

void RequestCounts::add_to(std::vector<RouteCounts>& sums) const {
  for (std::size_t i = 0; i < by_route_.size(); ++i) {
    const OfRoute& counts = by_route_[i];
    RouteCounts& sum = sums[i];
    for (std::size_t slot = 0; slot <= kStatuses.size(); ++slot) {
      const auto count = counts.by_status[slot].load(std::memory_order_relaxed);
      if (count > 0) sum.by_status[slot < kStatuses.size() ? kStatuses[slot].status : 0] += count;
    }
    for (std::size_t bucket = 0; bucket < sum.by_duration.size(); ++bucket) {
      sum.by_duration[bucket] += counts.by_duration[bucket].load(std::memory_order_relaxed);
    }
    sum.duration += std::chrono::nanoseconds(counts.nanoseconds.load(std::memory_order_relaxed));
  }
}

}  // namespace sse::http
