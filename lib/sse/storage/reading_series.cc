#include "sse/storage/reading_series.h"

#include <algorithm>
#include <iterator>

namespace sse::storage {

void ReadingSeries::add(const domain::Reading& reading, std::uint64_t sequence) {
  if (!rows_.empty() && reading.timestamp < rows_.back().timestamp) ++inversions_;
  rows_.push_back({reading.id, reading.value, reading.timestamp, sequence});
}

void ReadingSeries::drop_oldest() {
  if (rows_.size() > 1 && rows_[1].timestamp < rows_[0].timestamp) --inversions_;
  rows_.pop_front();
}

std::vector<domain::Reading> ReadingSeries::copy_matching(const Uuid& metric_id,
                                                          const domain::ReadingQuery& query,
                                                          std::uint64_t max_sequence) const {
  if (query.limit == 0) return {};
  auto first = rows_.begin();
  auto last = std::partition_point(
      first, rows_.end(), [max_sequence](const Row& row) { return row.sequence <= max_sequence; });
  if (is_in_time_order()) {
    const auto first_not_before = [&](WallTime time) {
      return std::partition_point(first, last,
                                  [time](const Row& row) { return row.timestamp < time; });
    };
    if (query.until) last = first_not_before(*query.until);
    if (query.since) first = first_not_before(*query.since);
    const auto count = static_cast<std::size_t>(std::distance(first, last));
    if (count > query.limit) first = last - static_cast<std::ptrdiff_t>(query.limit);
  }
  std::vector<domain::Reading> found;
  found.reserve(static_cast<std::size_t>(std::distance(first, last)));
  for (; first != last; ++first) {
    if (query.since && first->timestamp < *query.since) continue;
    if (query.until && first->timestamp >= *query.until) continue;
    found.push_back({first->id, metric_id, first->value, first->timestamp});
  }
  return found;
}

void finish_query(std::vector<domain::Reading>& readings, std::size_t limit) {
  const auto earlier = [](const domain::Reading& a, const domain::Reading& b) {
    return a.timestamp < b.timestamp;
  };
  if (!std::is_sorted(readings.begin(), readings.end(), earlier)) {
    std::stable_sort(readings.begin(), readings.end(), earlier);
  }
  if (readings.size() > limit) {
    readings.erase(readings.begin(), readings.end() - static_cast<std::ptrdiff_t>(limit));
  }
}

}  // namespace sse::storage
