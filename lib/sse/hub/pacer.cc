#include "sse/hub/pacer.h"

#include <algorithm>
#include <vector>

#include "sse/hub/filter.h"
#include "sse/log/segment.h"

namespace sse::hub {
namespace {

using std::chrono::nanoseconds;

// For looking at events and marking streams, in a turn.
constexpr std::uint64_t kStepsPerTurn = Budget::kStepsPerMillisecond / 2;
constexpr std::uint64_t kStepsPerEvent = 10;
constexpr std::uint64_t kStepsPerGroup = 4;
constexpr std::uint64_t kStepsPerStream = 4;

// For releasing, in a turn: a budget of its own, since slots come due however many events there
// are. A release moves a group between sets.
constexpr std::uint64_t kReleaseSteps = Budget::kStepsPerMillisecond / 2;
constexpr std::uint64_t kStepsPerRelease = 30;

std::uint64_t steps_to_ask(const Filter& filter, const log::StoredEvent& event) {
  return filter.asking_cost(log::Kind::kType).steps_for(event.type.size()) +
         filter.asking_cost(log::Kind::kTopic).steps_for(event.topic.size());
}

}  // namespace

bool Pacer::Less::operator()(const Key& a, const Key& b) const {
  if (a.interval != b.interval) return a.interval < b.interval;
  if (a.filter == nullptr || b.filter == nullptr) return a.filter == nullptr && b.filter != nullptr;
  if (a.filter == b.filter) return false;
  if (const auto order = a.filter->types() <=> b.filter->types(); order != 0) return order < 0;
  if (const auto order = a.filter->topics() <=> b.filter->topics(); order != 0) return order < 0;
  return std::ranges::lexicographical_compare(a.filter->last_types(), b.filter->last_types());
}

Pacer::Pacer(net::Loop& loop, log::EventLog& log, Schedule& schedule)
    : loop_(loop), log_(log), schedule_(schedule), interest_(log.name_hash()) {
}

Pacer::~Pacer() {
  if (timer_) loop_.cancel(*timer_);
}

void Pacer::add(PacedSubscriber& stream, nanoseconds interval, const log::View& view) {
  if (groups_.empty()) collected_ = view.head_id();
  const Key key{interval, stream.filter()};
  auto found = groups_.find(key);
  if (found != groups_.end()) return found->second.add(stream);
  PacedGroup& group = groups_.try_emplace(key, interval, collected_).first->second;
  group.add(stream);
  if (key.filter == nullptr) {
    want_every_.insert(&group);
  } else {
    interest_.add(group, *key.filter);
    if (key.filter->may_end() && interest_.is_for_every_event(*key.filter)) may_end_.insert(&group);
  }
}

void Pacer::remove(PacedSubscriber& stream) {
  PacedGroup& group = *stream.group;
  const Filter* filter = stream.filter();
  const auto found = groups_.find({group.interval(), filter});
  if (PacedSubscriber* skipped = group.remove(stream)) schedule_.mark_due(*skipped);
  if (!group.is_empty()) {
    if (found->first.filter != filter) return;
    auto node = groups_.extract(found);
    node.key().filter = group.filter();
    groups_.insert(std::move(node));
    return;
  }
  if (group.is_holding()) due_.erase({group.due(), &group});
  if (group.ticket > 0) marking_.erase(group.ticket);
  want_every_.erase(&group);
  if (filter != nullptr) {
    interest_.remove(group, *filter);
    may_end_.erase(&group);
  }
  round_.forget();
  groups_.erase(found);
}

bool Pacer::turn(const log::View& view) {
  if (groups_.empty()) return false;
  Budget budget(kStepsPerTurn);
  Budget releases(kReleaseSteps);
  const bool more_old = hurry_old(view, releases);
  collect(view, budget);
  const bool more_due = release_due(releases);
  mark(budget);
  set_timer();
  return collected_.sequence() < view.head() || !marking_.empty() || more_old || more_due;
}

// Finds the groups that the events since the last turn may concern. Whether they do is found out
// once a slot, when a round is gathered.
void Pacer::collect(const log::View& view, Budget& budget) {
  wire::Sequence next = collected_.sequence() + 1;
  if (next > view.head()) return;
  budget.spend(kStepsPerGroup * want_every_.size());
  while (!want_every_.empty()) hold(**want_every_.begin(), next);
  if (view.first_held() > next) {
    // The log has left this loop behind: it is unknown what was wanted.
    for (auto& [key, group] : groups_) hold(group, next);
    next = view.head() + 1;
  }
  const auto hold_next = [&](PacedGroup& group) { hold(group, next); };
  budget.spend(kStepsPerGroup * interest_.for_every_event(hold_next));
  if (interest_.empty()) next = view.head() + 1;
  // Tests one event at least, even when the groups alone take more than a turn has.
  for (bool goes_on = true; goes_on && next <= view.head(); ++next) {
    const auto event = view.event(next);
    const auto visit_group = [&](PacedGroup& group) { visit(group, next, event, budget); };
    const std::size_t work = interest_.for_event(event.type, event.topic, visit_group);
    for (auto* group : may_end_) visit_group(*group);
    budget.spend(kStepsPerEvent + kStepsPerGroup * (work + may_end_.size()));
    goes_on = !budget.is_spent();
  }
  collected_ = next > view.head() ? view.head_id() : view.event(next - 1).id;
}

// An event that ends streams is not held back, and what is held back goes with it.
void Pacer::visit(PacedGroup& group, wire::Sequence sequence, const log::StoredEvent& event,
                  Budget& budget) {
  hold(group, sequence);
  const Filter& filter = *group.filter();
  if (!filter.may_end() || group.due() <= loop_.now().boot) return;
  budget.spend(steps_to_ask(filter, event));
  if (!filter.wants_topic(event.topic) || !filter.wants_type(event.type)) return;
  if (filter.ends(event.type)) hurry(group);
}

void Pacer::hold(PacedGroup& group, wire::Sequence first) {
  if (group.is_holding()) return;
  group.hold(first, due_for(group.interval()));
  due_.insert({group.due(), &group});
  want_every_.erase(&group);
  if (first < newer_half_) hurry(group);
}

// Slots are the same for all groups of an interval, and on all loops.
BootTime Pacer::due_for(nanoseconds interval) const {
  const BootTime now = loop_.now().boot;
  const BootTime slot = now - now.time_since_epoch() % interval + interval;
  const nanoseconds ttl = log_.retention().ttl;
  return ttl.count() > 0 ? std::min(slot, now + ttl / 2) : slot;
}

void Pacer::hurry(PacedGroup& group) {
  due_.erase({group.due(), &group});
  group.set_due(std::min(group.due(), loop_.now().boot));
  due_.insert({group.due(), &group});
}

// True: the budget is spent, and old groups are left.
bool Pacer::hurry_old(const log::View& view, Budget& budget) {
  if (std::exchange(newer_half_, view.newer_half()) != view.newer_half()) has_old_ = true;
  if (!has_old_) return false;
  const BootTime now = loop_.now().boot;
  std::vector<PacedGroup*> old;
  for (const auto& [due, group] : due_) {
    if (due <= now || group->first_held_back() >= newer_half_) continue;
    old.push_back(group);
    budget.spend(kStepsPerRelease);
    if (budget.is_spent()) break;
  }
  for (auto* group : old) hurry(*group);
  has_old_ = budget.is_spent();
  return has_old_;
}

// A group whose streams are not all marked for its last release waits, so that no stream is passed
// over. One group is released even when the budget was spent before. True: the budget is spent, and
// others may be due.
bool Pacer::release_due(Budget& budget) {
  for (auto next = due_.begin(); next != due_.end() && next->first <= loop_.now().boot;) {
    PacedGroup& group = *(next++)->second;
    budget.spend(1);
    if (group.ticket > 0) continue;
    release(group, group.first_held_back());
    budget.spend(kStepsPerRelease);
    if (budget.is_spent()) return true;
  }
  return false;
}

void Pacer::release(PacedGroup& group, wire::Sequence first) {
  if (group.is_holding()) due_.erase({group.due(), &group});
  if (group.filter() == nullptr) want_every_.insert(&group);
  group.release(first, collected_);
  if (group.ticket > 0) return;
  group.ticket = next_ticket_++;
  marking_.emplace(group.ticket, &group);
}

void Pacer::mark(Budget& budget) {
  while (!marking_.empty()) {
    PacedGroup& group = *marking_.begin()->second;
    while (PacedSubscriber* stream = group.next_to_mark()) {
      if (stream->state() == Schedule::State::kResting) schedule_.mark_due(*stream);
      budget.spend(kStepsPerStream);
      if (budget.is_spent()) return;
    }
    group.ticket = 0;
    marking_.erase(marking_.begin());
  }
}

void Pacer::set_timer() {
  if (due_.empty()) return;
  const BootTime due = due_.begin()->first;
  if (timer_ && timer_->due <= due) return;
  if (timer_) loop_.cancel(*timer_);
  timer_ = loop_.run_at(due, [this] {
    timer_.reset();
    loop_.request_turn();
  });
}

void Pacer::release_all(const log::View& view) {
  const wire::Sequence next = collected_.sequence() + 1;
  collected_ = view.head_id();
  for (auto& [key, group] : groups_) {
    release(group, group.is_holding() ? group.first_held_back() : next);
  }
}

void Pacer::reset(const log::View& view) {
  collected_ = view.head_id();
  due_.clear();
  marking_.clear();
  round_.forget();
  for (auto& [key, group] : groups_) {
    group.forget(collected_);
    group.ticket = 0;
    if (group.filter() == nullptr) want_every_.insert(&group);
  }
}

wire::Sequence Pacer::wanted_from(const PacedSubscriber& stream) const {
  const PacedGroup& group = *stream.group;
  if (group.ticket > 0 && !group.is_marked(stream)) return group.released().first;
  return group.is_holding() ? group.first_held_back() : collected_.sequence() + 1;
}

FeedResult Pacer::feed(PacedSubscriber& stream, const log::View& view, BootTime now, Counts& counts,
                       SharedWrite& shared, Budget& budget) {
  budget.spend(kStepsPerStream);
  const wire::EventId end = end_for(stream, view);
  while (true) {
    const auto before = counts.deliveries;
    std::optional<FeedResult> sent;
    const bool is_behind = stream.cursor().next <= end.sequence() && !stream.has_ended();
    if (is_behind && stream.round_end() == nullptr) {
      sent = begin_round(stream, end, view, now, counts, budget);
    }
    if (!sent) {
      const wire::Sequence last =
          stream.round_end() ? stream.round_end()->sequence() : stream.cursor().next - 1;
      sent = stream.feed(view, last, now, counts, shared, budget);
    }
    stream.uncounted -= std::min(stream.uncounted, counts.deliveries - before);
    if (*sent != FeedResult::kCaughtUp) return *sent;
    counts.conflated_events += std::exchange(stream.uncounted, 0);
    if (stream.cursor().next > end.sequence()) return *sent;
  }
}

void Pacer::begin_old_round(PacedSubscriber& stream, const log::View& view) {
  if (stream.round_end() == nullptr) stream.begin_round(end_for(stream, view));
}

FeedResult Pacer::feed_old(PacedSubscriber& stream, const log::View& part, BootTime now,
                           Counts& counts, SharedWrite& shared, Budget& budget) {
  const auto before = counts.deliveries;
  const auto last = std::min(stream.round_end()->sequence(), part.head());
  const FeedResult sent = stream.feed(part, last, now, counts, shared, budget);
  stream.uncounted -= std::min(stream.uncounted, counts.deliveries - before);
  return sent;
}

// One whose peer has sent FIN gets everything, and then ends.
wire::EventId Pacer::end_for(const PacedSubscriber& stream, const log::View& view) {
  const bool is_ending = stream.input == Subscriber::Input::kEnded;
  return is_ending ? view.head_id() : stream.group->released().end;
}

// nullopt: the stream's own feed() sends the round.
std::optional<FeedResult> Pacer::begin_round(PacedSubscriber& stream, const wire::EventId& end,
                                             const log::View& view, BootTime now, Counts& counts,
                                             Budget& budget) {
  const auto& released = stream.group->released();
  if (stream.cursor().next > released.after) stream.skip_to(released.first);
  if (stream.cursor().next < view.first_held()) return FeedResult::kLeftBehind;
  const bool is_shareable =
      round_.gather({stream.group, stream.filter(), stream.cursor().next, end}, view, budget);
  stream.uncounted = round_.wanted();
  counts.rounds = round_.gathers();
  if (is_shareable && stream.is_between_rounds()) return stream.send(round_, now, counts, budget);
  if (round_.has_nothing()) {
    stream.skip_to(end.sequence() + 1);
  } else {
    stream.begin_round(end);
  }
  return std::nullopt;
}

}  // namespace sse::hub
