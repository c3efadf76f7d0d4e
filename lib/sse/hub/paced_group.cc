#include "sse/hub/paced_group.h"

#include <algorithm>

namespace sse::hub {

void PacedGroup::add(PacedSubscriber& stream) {
  stream.group = this;
  stream.index_in_group = static_cast<std::uint32_t>(members_.size());
  members_.push_back(&stream);
}

PacedSubscriber* PacedGroup::remove(PacedSubscriber& stream) {
  const std::size_t index = stream.index_in_group;
  PacedSubscriber* last = members_.back();
  const bool is_moved = last != &stream;
  const bool is_skipped = ticket > 0 && is_moved && index < marked_ && !is_marked(*last);
  members_[index] = last;
  last->index_in_group = static_cast<std::uint32_t>(index);
  members_.pop_back();
  marked_ = std::min(marked_, members_.size());
  stream.group = nullptr;
  return is_skipped ? last : nullptr;
}

// A stream that is not marked yet may still want what was released before.
void PacedGroup::release(wire::Sequence first, const wire::EventId& end) {
  if (ticket > 0) {
    released_.end = end;
  } else {
    released_ = {released_.end.sequence(), first, end};
  }
  first_held_back_ = 0;
  marked_ = 0;
}

void PacedGroup::forget(const wire::EventId& head) {
  released_ = {head.sequence(), 0, head};
  first_held_back_ = 0;
  marked_ = members_.size();
}

}  // namespace sse::hub
