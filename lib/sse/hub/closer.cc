#include "sse/hub/closer.h"

#include "sse/base/budget.h"
#include "sse/hub/control_text.h"
#include "sse/hub/options.h"

namespace sse::hub {
namespace {

// The kernel takes some 10 us to close a socket, and as long to send a goodbye and a FIN.
constexpr std::uint64_t kStepsPerClose = 5 * Budget::kSystemCall;
constexpr std::uint64_t kClosingSteps = 20'000;
constexpr std::uint64_t kDestroyingSteps = 20'000;

}  // namespace

void Closer::close_soon(Subscriber& subscriber, CloseReason reason) {
  if (!subscriber.is_open()) return;
  subscriber.leaving_for = reason;
  schedule_.mark_leaving(subscriber);
  loop_.request_turn();
}

void Closer::close_all_soon(CloseReason reason) {
  for (const auto kind : Schedule::kKinds) {
    for (auto* hook : schedule_.all(kind)) close_soon(subscriber_of(*hook), reason);
  }
}

void Closer::cut_all() {
  is_cutting_ = true;
  close_all_soon(CloseReason::kShutdown);
  for (const auto kind : Schedule::kKinds) {
    for (auto* hook : schedule_.all(kind)) {
      if (hook->state() == Schedule::State::kLingering) retire(subscriber_of(*hook));
    }
  }
}

void Closer::close(Subscriber& subscriber, CloseReason reason) {
  take_off(subscriber, reason);
  const bool is_told =
      reason != CloseReason::kPeer &&
      subscriber.say_goodbye(closing_block(reason, retry_times_.after(reason)), loop_.now().boot);
  // One that was slow had its time to take what is unsent.
  const bool may_wait = reason != CloseReason::kPeer && reason != CloseReason::kSlow;
  const bool has_rest = may_wait && subscriber.has_unsent();
  linger_or_retire(subscriber, is_told || has_rest);
}

void Closer::linger_or_retire(Subscriber& subscriber, bool has_reason) {
  if (has_reason && wants_to_linger(subscriber) && !is_cutting_ &&
      schedule_.lingering() < kMostLingering) {
    schedule_.mark_lingering(subscriber);
  } else {
    retire(subscriber);
  }
}

// For what is unsent, or for the end of its peer.
bool Closer::wants_to_linger(const Subscriber& subscriber) {
  const bool awaits_end = subscriber.awaits_end && subscriber.input != Subscriber::Input::kEnded;
  return awaits_end || subscriber.has_unsent();
}

void Closer::look_at_lingering(Subscriber& subscriber, bool has_left) {
  if (!wants_to_linger(subscriber)) return retire(subscriber);
  if (has_left) subscriber.note_left(loop_.now().boot);
}

void Closer::end_half_closed(Subscriber& subscriber) {
  take_off(subscriber, CloseReason::kPeer);
  subscriber.say_goodbye({}, loop_.now().boot);
  linger_or_retire(subscriber, subscriber.has_unsent());
}

// One that leaves has its reason already.
void Closer::drop(Subscriber& subscriber, CloseReason reason) {
  if (subscriber.is_open()) {
    take_off(subscriber, reason);
  } else if (subscriber.state() == Schedule::State::kLeaving) {
    take_off(subscriber, subscriber.leaving_for);
  }
  retire(subscriber);
}

void Closer::take_off(Subscriber& subscriber, CloseReason reason) {
  forget(subscriber);
  ++counts_.now().closed[static_cast<std::size_t>(reason)];
}

void Closer::let_go(Subscriber& subscriber) {
  forget(subscriber);
  schedule_.remove(subscriber);
  take_back(subscriber);
}

void Closer::forget(Subscriber& subscriber) {
  registry_.remove(subscriber);
  owners_.remove(subscriber);
  if (subscriber.kind() == Schedule::Kind::kPaced) {
    pacer_.remove(paced(subscriber));
  } else if (subscriber.filter() != nullptr) {
    interest_.remove(subscriber, *subscriber.filter());
  }
  counts_.count_open(-1);
}

void Closer::retire(Subscriber& subscriber) {
  schedule_.retire(subscriber);
  loop_.request_turn();  // the end of a turn destroys it, and publishes the counts
}

void Closer::end_some() {
  for (Budget budget(kClosingSteps); !budget.is_spent(); budget.spend(kStepsPerClose)) {
    Schedule::Hook* hook = schedule_.next_leaving();
    if (hook == nullptr) break;
    Subscriber& subscriber = subscriber_of(*hook);
    close(subscriber, subscriber.leaving_for);
  }
  for (Budget budget(kDestroyingSteps); !budget.is_spent(); budget.spend(kStepsPerClose)) {
    Schedule::Hook* hook = schedule_.next_dead();
    if (hook == nullptr) break;
    take_back(*hook);
  }
}

}  // namespace sse::hub
