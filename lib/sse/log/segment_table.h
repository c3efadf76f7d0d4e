#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "sse/log/segment.h"

namespace sse::log {

/// The segments of a log, oldest first: an immutable snapshot, shared by the log and its Views and
/// replaced when a segment is added or unlinked. The last snapshot that holds a segment frees it.
struct SegmentTable {
  struct Slot {
    wire::Sequence first;  ///< beside the pointer, so that a search touches no segment
    std::shared_ptr<const Segment> segment;
  };

  /// The segment that holds `sequence`, which is not below the first. The newest one is looked at
  /// first: that is where subscribers are.
  const Segment& at(wire::Sequence sequence) const { return *slots[slot_of(sequence)].segment; }

  std::size_t slot_of(wire::Sequence sequence) const {
    if (slots.back().first <= sequence) return slots.size() - 1;
    const auto after =
        std::upper_bound(slots.begin(), slots.end(), sequence,
                         [](wire::Sequence s, const Slot& slot) { return s < slot.first; });
    return static_cast<std::size_t>(after - slots.begin()) - 1;
  }

  std::vector<Slot> slots;
};

}  // namespace sse::log
