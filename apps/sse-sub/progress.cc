#include "progress.h"

namespace sse::sub {

Progress::Progress(const EndRules& rules, Watch& watch, const Clock& clock)
    : rules_(rules), watch_(watch), clock_(clock) {
  expect_more();
}

void Progress::on_open(std::optional<wire::EventId> head) {
  head_ = head;
  has_caught_up_ = !head;
  is_open_ = true;
  if (!was_open_ && rules_.duration) {
    watch_.end_at(Watch::Cause::kDuration, clock_.now().boot + *rules_.duration);
  }
  was_open_ = true;
  if (rules_.idle) watch_.end_at(Watch::Cause::kIdle, clock_.now().boot + *rules_.idle);
}

void Progress::on_cut() {
  is_open_ = false;
  // Who cannot hear cannot tell that nothing is said.
  watch_.end_at(Watch::Cause::kIdle, std::nullopt);
  watch_.end_at(Watch::Cause::kUntil, std::nullopt);
}

Replay Progress::reach(std::string_view id) {
  if (!head_) return Replay::kNo;
  const auto position = wire::EventId::parse(id);
  const bool is_replay =
      position && position->epoch() == head_->epoch() && position->sequence() <= head_->sequence();
  if (!is_replay || position->sequence() == head_->sequence()) has_caught_up_ = true;
  if (!is_replay) head_.reset();
  return is_replay ? Replay::kYes : Replay::kNo;
}

bool Progress::is_beyond_end(std::string_view id, Replay replay) const {
  if (!rules_.follow && has_caught_up_ && replay == Replay::kNo) return true;
  if (!rules_.until) return false;
  const auto position = wire::EventId::parse(id);
  if (!position) return clock_.now().wall > *rules_.until;
  // In milliseconds: an id reaches beyond the nanoseconds of WallTime.
  const auto until = std::chrono::floor<std::chrono::milliseconds>(*rules_.until);
  return position->unix_time() > until.time_since_epoch();
}

void Progress::take() {
  ++taken_;
}

void Progress::on_drained() {
  if (rules_.until && has_caught_up_ && is_open_) {
    const auto now = clock_.now();
    watch_.end_at(Watch::Cause::kUntil, now.boot + (*rules_.until - now.wall));
  }
  if (taken_ == taken_when_drained_) return;
  taken_when_drained_ = taken_;
  expect_more();
  if (rules_.idle) watch_.end_at(Watch::Cause::kIdle, clock_.now().boot + *rules_.idle);
}

bool Progress::has_counted_enough() const {
  return rules_.count && was_open_ && taken_ >= *rules_.count;
}

bool Progress::has_enough() const {
  if (has_counted_enough()) return true;
  return !rules_.follow && was_open_ && has_caught_up_;
}

void Progress::expect_more() {
  if (!rules_.expect_every) return;
  watch_.end_at(Watch::Cause::kOverdue, clock_.now().boot + *rules_.expect_every);
}

}  // namespace sse::sub
