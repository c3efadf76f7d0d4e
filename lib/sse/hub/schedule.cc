#include "sse/hub/schedule.h"

#include <utility>

#include "sse/base/check.h"

namespace sse::hub {

void Schedule::Queue::push(Hook& hook) {
  if (next_ > 0 && 2 * next_ >= places_.size()) forget_popped();
  hook.slot_ = first_ + static_cast<std::uint32_t>(places_.size());
  places_.push_back(&hook);
  ++size_;
}

void Schedule::Queue::erase(const Hook& hook) {
  places_[static_cast<std::uint32_t>(hook.slot_ - first_)] = nullptr;
  if (--size_ == 0) next_ = places_.size();  // only holes are left
}

// At least half of the places are popped, so this moves each place once on average. The memory of a
// queue that had very many and is empty goes back.
void Schedule::Queue::forget_popped() {
  constexpr std::size_t kKept = 4096;
  places_.erase(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(next_));
  first_ += static_cast<std::uint32_t>(std::exchange(next_, 0));
  if (places_.empty() && places_.capacity() > kKept) places_.shrink_to_fit();
}

Schedule::List& Schedule::list_of(Kind kind) {
  return kind == Kind::kWhole ? whole_ : kind == Kind::kFiltered ? filtered_ : paced_;
}

void Schedule::add(Hook& hook, Kind kind) {
  List& list = list_of(kind);
  if (kind == Kind::kWhole && walked_ == whole_.size()) ++walked_;
  hook.kind_ = kind;
  hook.state_ = State::kResting;
  hook.index_ = static_cast<std::uint32_t>(list.size());
  list.push_back(&hook);
}

// The last of the list takes its place. In a walk, the last that had its turn goes between, so that
// none that still waits for its turn comes to stand among those that had it.
void Schedule::remove(Hook& hook) {
  leave_queue(hook);
  List& list = list_of(hook.kind_);
  if (&list == &whole_ && hook.index_ < walked_) swap_places(list, hook.index_, --walked_);
  swap_places(list, hook.index_, list.size() - 1);
  list.pop_back();
}

void Schedule::swap_places(List& list, std::size_t a, std::size_t b) {
  std::swap(list[a], list[b]);
  list[a]->index_ = static_cast<std::uint32_t>(a);
  list[b]->index_ = static_cast<std::uint32_t>(b);
}

void Schedule::mark_due(Hook& hook) {
  if (hook.state_ != State::kResting && hook.state_ != State::kBlocked) return;
  hook.state_ = State::kDue;
  due_.push(hook);
}

void Schedule::mark_behind(Hook& hook) {
  if (hook.state_ == State::kResting) enter(hook, State::kBehind);
}

void Schedule::mark_ending(Hook& hook) {
  if (hook.state_ == State::kResting) enter(hook, State::kEnding);
}

void Schedule::mark_blocked(Hook& hook) {
  if (hook.state_ == State::kResting) hook.state_ = State::kBlocked;
}

void Schedule::mark_parked(Hook& hook, std::uint32_t wait) {
  if (hook.state_ != State::kResting) return;
  parked_.emplace(wait, &hook);
  hook.state_ = State::kParked;
  hook.slot_ = wait;
}

void Schedule::end_wait(std::uint32_t wait) {
  auto next = parked_.lower_bound({wait, nullptr});
  while (next != parked_.end() && next->first == wait) {
    Hook& hook = *next->second;
    next = parked_.erase(next);
    hook.state_ = State::kResting;
    mark_behind(hook);
  }
}

void Schedule::end_all_waits() {
  while (!parked_.empty()) end_wait(parked_.begin()->first);
}

void Schedule::mark_leaving(Hook& hook) {
  if (hook.state_ < State::kLeaving) enter(hook, State::kLeaving);
}

void Schedule::mark_lingering(Hook& hook) {
  if (hook.state_ < State::kLingering) enter(hook, State::kLingering);
}

void Schedule::retire(Hook& hook) {
  if (hook.state_ < State::kDead) enter(hook, State::kDead);
}

void Schedule::enter(Hook& hook, State state) {
  leave_queue(hook);
  hook.state_ = state;
  if (state == State::kLingering) ++lingering_;
  if (Queue* queue = queue_of(state)) queue->push(hook);
}

void Schedule::leave_queue(Hook& hook) {
  if (hook.state_ == State::kLingering) --lingering_;
  if (hook.state_ == State::kParked) parked_.erase({hook.slot_, &hook});
  if (is_in_pass(hook)) --pass_left_;
  if (Queue* queue = queue_of(hook.state_)) queue->erase(hook);
}

Schedule::Queue* Schedule::queue_of(State state) {
  switch (state) {
    case State::kDue:
      return &due_;
    case State::kBehind:
      return &behind_;
    case State::kEnding:
      return &ending_;
    case State::kLeaving:
      return &leaving_;
    case State::kDead:
      return &dead_;
    case State::kResting:
    case State::kBlocked:
    case State::kParked:
    case State::kLingering:
      break;
  }
  return nullptr;
}

// By the distance to the end of the pass, since slots wrap.
bool Schedule::is_in_pass(const Hook& hook) const {
  return hook.state_ == State::kDue && pass_left_ > 0 &&
         static_cast<std::int32_t>(hook.slot_ - pass_end_) < 0;
}

void Schedule::begin_pass(Walk walk) {
  SSE_CHECK(is_pass_over());
  pass_left_ = due_.size();
  pass_end_ = due_.end_slot();
  if (walk == Walk::kAll) walked_ = 0;
}

Schedule::Hook* Schedule::next_due() {
  --pass_left_;
  return take(due_);
}

Schedule::Hook* Schedule::next_behind() {
  return take(behind_);
}

Schedule::Hook* Schedule::next_ending() {
  return take(ending_);
}

Schedule::Hook* Schedule::next_leaving() {
  return take(leaving_);
}

Schedule::Hook* Schedule::take(Queue& queue) {
  Hook* hook = queue.pop();
  if (hook != nullptr) hook->state_ = State::kResting;
  return hook;
}

Schedule::Hook* Schedule::next_dead() {
  Hook* hook = take(dead_);
  if (hook != nullptr) remove(*hook);
  return hook;
}

bool Schedule::has_work() const {
  return !is_pass_over() || due_.size() > 0 || behind_.size() > 0 || ending_.size() > 0 ||
         leaving_.size() > 0 || dead_.size() > 0;
}

}  // namespace sse::hub
