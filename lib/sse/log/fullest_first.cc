#include "sse/log/fullest_first.h"

namespace sse::log {

void FullestFirst::increase(Counted& member) {
  if (member.count == 0) {
    heap_.push_back(&member);  // may throw, so it comes first
    member.at = heap_.size() - 1;
  }
  ++member.count;
  rise(member);
}

void FullestFirst::decrease(Counted& member) {
  if (member.count == 1) return remove(member);
  --member.count;
  sink(member);
}

void FullestFirst::remove(Counted& member) {
  if (member.count == 0) return;
  Counted& last = *heap_.back();
  heap_.pop_back();
  member.count = 0;
  if (&last == &member) return;
  put(last, member.at);
  rise(last);
  sink(last);
}

void FullestFirst::put(Counted& member, std::size_t at) {
  heap_[at] = &member;
  member.at = at;
}

void FullestFirst::rise(Counted& member) {
  while (member.at > 0) {
    const std::size_t above = (member.at - 1) / 2;
    Counted& other = *heap_[above];
    if (!is_before(member, other)) return;
    put(other, member.at);
    put(member, above);
  }
}

void FullestFirst::sink(Counted& member) {
  while (true) {
    std::size_t below = 2 * member.at + 1;
    if (below >= heap_.size()) return;
    if (below + 1 < heap_.size() && is_before(*heap_[below + 1], *heap_[below])) ++below;
    Counted& other = *heap_[below];
    if (!is_before(other, member)) return;
    put(other, member.at);
    put(member, below);
  }
}

}  // namespace sse::log
