#include "sse/log/epochs.h"

#include <algorithm>

namespace sse::log {
namespace {

constexpr wire::Sequence kNoEnd = wire::kMaxSequence + 1;

}  // namespace

void Epochs::begin(wire::Epoch epoch, wire::Sequence first) {
  if (first == 1) ranges_.clear();
  for (Range& range : ranges_) range.end = std::max(range.first, std::min(range.end, first));
  if (!ranges_.empty() && ranges_.back().epoch == epoch && ranges_.back().end == first) {
    ranges_.back().end = kNoEnd;
    return;
  }
  ranges_.push_back({epoch, first, kNoEnd});
  if (ranges_.size() > kMost) ranges_.erase(ranges_.begin());
}

bool Epochs::knows(wire::Epoch epoch) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [epoch](const Range& range) { return range.epoch == epoch; });
}

std::optional<wire::Epoch> Epochs::of(wire::Sequence sequence) const {
  for (const Range& range : ranges_) {
    if (sequence >= range.first && sequence < range.end) return range.epoch;
  }
  return std::nullopt;
}

bool Epochs::covers(wire::Epoch epoch, wire::Sequence sequence, wire::Sequence head) const {
  for (const Range& range : ranges_) {
    if (range.epoch != epoch) continue;
    const bool is_origin = sequence == 0 && range.first == 1;
    const bool is_inside = sequence >= range.first && sequence < range.end && sequence <= head;
    if (is_origin || is_inside) return true;
  }
  return false;
}

}  // namespace sse::log
