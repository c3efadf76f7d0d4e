// What a loop does beside feeding: upkeep.

#include <algorithm>

#include "sse/hub/fan_out_loop.h"

namespace sse::hub {
namespace {

// For the streams whose credentials are checked in a turn: some 1,000 for their end.
constexpr std::uint64_t kOwnerSteps = Budget::kStepsPerMillisecond / 5;

}  // namespace

void FanOutLoop::tick() {
  role_.assert_held();
  loop_.run_after(upkeep_.tick(), [this] { tick(); });
  upkeep_.begin_tick(loop_.now().boot);
  const log::View view = current_view();  // also lets an idle log drop what has expired
  for (const auto kind : Schedule::kKinds) look_after(schedule_.all(kind), view);
  if (!owners_.is_empty() && look_at_owners()) loop_.request_turn();
  counts_.publish();
}

// Closes streams whose credential has ended or changed. True: there are more to check, in the
// next turn.
bool FanOutLoop::look_at_owners() {
  Budget budget(kOwnerSteps);
  owners_.review_some(review_, budget, [this](Subscriber& subscriber, CloseReason reason) {
    role_.assert_held();
    closer_.close_soon(subscriber, reason);
  });
  owners_.end_some_expired(loop_.now().boot, budget, [this](Subscriber& subscriber) {
    role_.assert_held();
    closer_.close_soon(subscriber, CloseReason::kExpired);
  });
  return owners_.has_more();
}

void FanOutLoop::look_after(const Schedule::List& streams, const log::View& view) {
  const auto part = upkeep_.part_of(streams.size());
  for (auto i = part.begin; i < part.end; ++i) look_after(subscriber_of(*streams[i]), view);
}

void FanOutLoop::look_after(Subscriber& subscriber, const log::View& view) {
  Upkeep::Facts facts;
  facts.state = subscriber.state();
  facts.index = subscriber.index();
  facts.unchanged_since = subscriber.unchanged_since();
  facts.has_unsent = facts.state == Schedule::State::kLingering && subscriber.has_unsent();
  if (subscriber.is_open()) {
    const log::Cursor sent = sent_to(subscriber, view);
    const bool is_paced = subscriber.kind() == Schedule::Kind::kPaced;
    // What is held back keeps no heartbeat back.
    facts.has_all = facts.state == Schedule::State::kParked
                        ? sent.at_boundary() && !subscriber.is_blocked()
                        : sent.next > progress_.collected || is_paced;
    facts.bytes_behind = view.bytes_behind(sent);
    facts.events_lost = view.first_readable() - std::min(sent.next, view.first_readable());
    // Most of what a paced one is behind may be superseded, and is never sent.
    facts.was_caught_up = subscriber.was_caught_up() && !is_paced;
    counts_.now().lag.observe(facts.bytes_behind);
  }
  switch (upkeep_.need_of(facts)) {
    case Upkeep::Need::kNothing:
      return;
    case Upkeep::Need::kHeartbeat:
      mark_concerned(subscriber);
      subscriber.queue_heartbeat(view);
      ++counts_.now().heartbeats;
      if (subscriber.state() == Schedule::State::kParked &&
          send_text(subscriber, view, loop_.budget()) == FeedResult::kPeerGone) {
        closer_.drop(subscriber);
      }
      return;
    case Upkeep::Need::kSlow:
      closer_.close_soon(subscriber, CloseReason::kSlow);
      return;
    case Upkeep::Need::kEnd:
      closer_.retire(subscriber);
      return;
  }
}

// Up to where it has everything that it wants.
log::Cursor FanOutLoop::sent_to(const Subscriber& subscriber, const log::View& view) const {
  if (subscriber.has_ended()) return {view.head() + 1, 0};
  const log::Cursor& cursor = subscriber.cursor();
  if (subscriber.state() != Schedule::State::kResting) return cursor;
  const wire::Sequence next = wanted_from(subscriber);
  return cursor.next < next ? log::Cursor{next, 0} : cursor;
}

}  // namespace sse::hub
