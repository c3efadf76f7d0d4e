#include "sse/log/epochs.h"

#include <algorithm>

namespace sse::log {

void Epochs::begin(wire::Epoch epoch, wire::Sequence first) {
  std::erase_if(ranges_, [first](const Range& range) { return range.first >= first; });
  if (!ranges_.empty() && ranges_.back().epoch == epoch) return;
  ranges_.push_back({epoch, first});
  if (ranges_.size() > kMost) ranges_.erase(ranges_.begin());
}

bool Epochs::knows(wire::Epoch epoch) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [epoch](const Range& range) { return range.epoch == epoch; });
}

bool Epochs::covers(wire::Epoch epoch, wire::Sequence sequence, wire::Sequence head) const {
  for (std::size_t i = 0; i < ranges_.size(); ++i) {
    if (ranges_[i].epoch != epoch) continue;
    const wire::Sequence last = i + 1 < ranges_.size() ? ranges_[i + 1].first - 1 : head;
    const bool is_origin = sequence == 0 && ranges_[i].first == 1;
    if (is_origin || (sequence >= ranges_[i].first && sequence <= last)) return true;
  }
  return false;
}

}  // namespace sse::log
