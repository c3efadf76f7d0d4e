#include "sse/storage/fullest_first.h"

#include <algorithm>

namespace sse::storage {

void FullestFirst::increase(Counted& member) {
  if (member.count > 0) unlink(member);
  ++member.count;
  link(member);
  highest_ = std::max(highest_, member.count);
}

void FullestFirst::decrease(Counted& member) {
  unlink(member);
  --member.count;
  if (member.count > 0) link(member);
  if (lists_[highest_].first == nullptr) --highest_;  // the member itself is right below
}

void FullestFirst::remove(Counted& member) {
  if (member.count == 0) return;
  unlink(member);
  member.count = 0;
  while (highest_ > 0 && lists_[highest_].first == nullptr) --highest_;
}

Counted* FullestFirst::fullest() const {
  return highest_ == 0 ? nullptr : lists_[highest_].first;
}

void FullestFirst::link(Counted& member) {
  if (member.count >= lists_.size()) lists_.resize(member.count + 1);
  List& list = lists_[member.count];
  member.previous = list.last;
  member.next = nullptr;
  (list.last == nullptr ? list.first : list.last->next) = &member;
  list.last = &member;
}

void FullestFirst::unlink(Counted& member) {
  List& list = lists_[member.count];
  (member.previous == nullptr ? list.first : member.previous->next) = member.next;
  (member.next == nullptr ? list.last : member.next->previous) = member.previous;
}

}  // namespace sse::storage
