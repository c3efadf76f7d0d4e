#include "sse/journal/chunk_ages.h"

#include <algorithm>

namespace sse::journal {
namespace {

constexpr std::size_t kMostMarks = 65'536;

}  // namespace

ChunkAges::ChunkAges(const Now& start, wire::Sequence head)
    : start_(start), head_at_start_(head), newest_(start.boot) {
}

void ChunkAges::note(wire::Sequence head, BootTime now, std::chrono::nanoseconds step) {
  newest_ = std::max(newest_, now);
  if (!marks_.empty() && now - marks_.back().time < step) return;
  marks_.push_back({head, now});
  if (marks_.size() > kMostMarks) marks_.pop_front();  // what is older counts as younger than it is
}

BootTime ChunkAges::time_of(const ChunkRow& row) const {
  if (row.last() <= head_at_start_) {
    const auto wall = std::chrono::floor<std::chrono::milliseconds>(start_.wall).time_since_epoch();
    return start_.boot - std::max(wall - row.time, std::chrono::milliseconds(0));
  }
  const auto mark =
      std::lower_bound(marks_.begin(), marks_.end(), row.last(),
                       [](const Mark& one, wire::Sequence last) { return one.head < last; });
  return mark == marks_.end() ? newest_ : mark->time;
}

void ChunkAges::forget_before(wire::Sequence sequence) {
  while (!marks_.empty() && marks_.front().head < sequence) marks_.pop_front();
}

}  // namespace sse::journal
