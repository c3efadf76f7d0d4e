#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "sse/log/archived_names.h"
#include "sse/log/archived_pairs.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// What a log knows of the history that its journal keeps: an immutable snapshot, shared by the log
/// and its Views and replaced when a part begins or the tail moves, but for `pairs` and `names`.
/// 16 bytes a part.
struct History {
  using Parts = std::vector<wire::EventId>;

  /// The first event of the part after the part that holds `sequence`.
  Parts::const_iterator part_after(wire::Sequence sequence) const {
    return std::upper_bound(
        parts->begin(), parts->end(), sequence,
        [](wire::Sequence s, const wire::EventId& part) { return s < part.sequence(); });
  }

  wire::Sequence first() const { return parts->front().sequence(); }
  std::size_t bytes() const {
    return parts->size() * sizeof(wire::EventId) + pairs->bytes() + names->bytes();
  }

  std::shared_ptr<const Parts> parts;   ///< the first event of each; in order, not empty
  std::optional<wire::EventId> oldest;  ///< the tail's id, when it is archived
  std::shared_ptr<ArchivedPairs> pairs = std::make_shared<ArchivedPairs>();
  std::shared_ptr<ArchivedNames> names;  ///< never null
};

}  // namespace sse::log
