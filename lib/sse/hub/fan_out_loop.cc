#include "sse/hub/fan_out_loop.h"

#include <algorithm>
#include <utility>

namespace sse::hub {
namespace {

using std::chrono::nanoseconds;

// A slice of a pass: some 130 streams that get one small event, 0.8 ms of a core.
constexpr std::uint64_t kPassSteps = 80'000;

// The further share of the streams that catch up: a storm of reconnects with long replays takes
// longer, and the live streams and the requests hardly notice it.
constexpr std::uint64_t kCatchUpSteps = 50'000;

// While events are published, it is as much as one small write takes: a turn is over in the time of
// one request, and what comes next is not waited for.
constexpr std::uint64_t kCatchUpStepsBesideLive = 4'000;
constexpr std::chrono::seconds kLive{1};  // so long after an event the next one is expected

// Saying goodbye and closing.
constexpr std::uint64_t kStepsPerEnd = 5 * Budget::kSystemCall;

// The share of the streams whose peers have ended: 20, as many as are destroyed in a turn.
constexpr std::uint64_t kEndingSteps = 20 * (kStepsPerEnd + 3 * Budget::kSystemCall);

// To read an event, and for each name that is looked up and each stream that it may concern.
constexpr std::uint64_t kStepsPerEvent = 10;
constexpr std::uint64_t kStepsPerConcerned = 4;

// What the searches of long polls may take in a turn.
constexpr std::uint64_t kPollSteps = Budget::kStepsPerMillisecond / 2;

}  // namespace

FanOutLoop::FanOutLoop(net::Loop& loop, log::EventLog& log, StreamRegistry& registry,
                       const HubOptions& options, const RetryTimes& retry_times,
                       log::Archive* archive)
    : loop_(loop),
      role_(loop.role()),
      log_(log),
      registry_(registry),
      retry_times_(retry_times),
      interest_(log.name_hash()),
      pacer_(loop, log, schedule_),
      closer_(loop, schedule_, interest_, pacer_, owners_, registry, counts_, retry_times),
      upkeep_(options, loop.now().boot),
      disk_waits_(loop, archive, schedule_),
      waiters_(loop) {
  loop_.add_turn_task(*this);
  loop_.run_after(upkeep_.tick(), [this] { tick(); });
}

FanOutLoop::~FanOutLoop() {
  loop_.remove_turn_task(*this);
  for (const auto kind : Schedule::kKinds) {
    for (auto* hook : schedule_.all(kind)) Closer::take_back(*hook);
  }
}

void FanOutLoop::open_stream(StreamPlace place, StreamOpening&& opening) {
  role_.assert_held();
  auto stream =
      make_stream(*this, opening, opening.greeting(retry_times_.when_open()), loop_.now().boot);
  // The kernel has no room to watch it: closed, as if the peer had gone.
  if (!stream->attach(loop_)) return;
  const auto now = std::chrono::floor<std::chrono::seconds>(loop_.now().boot.time_since_epoch());
  stream->opened = static_cast<std::uint32_t>(now.count());
  Subscriber& opened = add(std::move(stream), std::move(place), opening.every);
  counts_.count_opened(opening.start);
  auto reason = opening.identity == nullptr ? std::nullopt : add_owner(opened, opening);
  if (opening.generation != progress_.generation) reason = CloseReason::kReset;
  if (reason) {
    closer_.close_soon(opened, *reason);
  } else if (opening.has_replay()) {
    schedule_.mark_behind(opened);
    loop_.request_turn();
  } else {
    mark_due(opened);
  }
}

// Why it is to be closed at once, if it is: rights may have changed since its head was judged.
std::optional<CloseReason> FanOutLoop::add_owner(Subscriber& opened, StreamOpening& opening) {
  StreamStanding standing = review_ ? review_(*opening.identity) : StreamStanding();
  if (standing.renewed != nullptr) {
    opening.identity = std::move(standing.renewed);
    opening.expires = standing.expires;
  }
  owners_.add(opened, std::move(opening.identity), std::move(opening.held), opening.expires);
  return standing.close;
}

Subscriber& FanOutLoop::add(std::unique_ptr<Subscriber> stream, StreamPlace place,
                            nanoseconds every) {
  registry_.link(*stream, loop_.index(), std::move(place));
  if (schedule_.is_empty()) {
    progress_.collected = progress_.pass_end = progress_.seen = current_view().head();
  }
  Subscriber& added = *stream.release();
  const bool is_filtered = added.filter() != nullptr;
  if (every.count() > 0) {
    schedule_.add(added, Schedule::Kind::kPaced);
    pacer_.add(paced(added), every, current_view());
  } else {
    if (is_filtered) interest_.add(added, *added.filter());
    schedule_.add(added, is_filtered ? Schedule::Kind::kFiltered : Schedule::Kind::kWhole);
  }
  counts_.count_open(+1);  // before the first view is taken
  return added;
}

void FanOutLoop::on_stream_ready(Subscriber& subscriber, net::Readiness readiness) {
  role_.assert_held();
  if (subscriber.state() == Schedule::State::kDead) return;
  if (readiness.broken) {
    subscriber.input = Subscriber::Input::kBroken;
  } else if (readiness.readable) {
    subscriber.discard_input(loop_.budget());
  }
  if (subscriber.input == Subscriber::Input::kBroken) {
    closer_.drop(subscriber, readiness.is_slow ? CloseReason::kSlow : CloseReason::kPeer);
  } else if (subscriber.state() == Schedule::State::kLingering) {
    closer_.look_at_lingering(subscriber, readiness.writable);
  } else if (readiness.writable) {
    mark_due(subscriber);
  } else if (subscriber.input == Subscriber::Input::kMore) {
    mark_concerned(subscriber);
  } else if (subscriber.input == Subscriber::Input::kEnded) {
    end_later(subscriber);
  }
}

// Beside the passes: however many peers leave at once, the streams that stay do not wait for them.
// Nor do they wait for replays: they hold the places of newcomers.
void FanOutLoop::end_later(Subscriber& subscriber) {
  if (!bring_forward(subscriber)) return;
  schedule_.mark_ending(subscriber);
  loop_.request_turn();
}

void FanOutLoop::wake() {
  if (counts_.open() > 0 || waiters_.count() > 0) loop_.wake();
}

Waiters::Ticket FanOutLoop::wait(Wait wait) {
  role_.assert_held();
  if (drain_.is_on && !wait.last) wait.longest = nanoseconds(0);
  return waiters_.add(std::move(wait), log_.head());
}

void FanOutLoop::end_wait(Waiters::Ticket ticket) {
  role_.assert_held();
  waiters_.end(ticket);
}

log::View FanOutLoop::current_view() {
  log::View view = log_.view();
  if (view.generation() != progress_.generation) reset(view);
  return view;
}

// The log was cut and may have grown past its old head since: no position that was taken before it
// can be compared with one of this view. So every stream of then is closed without being fed.
void FanOutLoop::reset(const log::View& view) {
  progress_ = {view.generation(), view.head(), view.head(), false, view.head(), {}};
  pacer_.reset(view);
  closer_.close_all_soon(CloseReason::kReset);
  waiters_.end_all();
}

bool FanOutLoop::on_turn() {
  role_.assert_held();
  const log::View view = current_view();
  shared_.forget();  // what an older view kept alive may be gone
  const bool more_owners = owners_.has_more() && look_at_owners();
  const bool more_pace = pacer_.turn(view);
  feed_pass(view);
  feed_ending(view);
  feed_behind(view);
  Budget searches(kPollSteps);
  const bool more_wait = waiters_.look(view, searches);
  closer_.end_some();
  if (schedule_.is_empty() && drain_.done) std::exchange(drain_.done, nullptr)();
  counts_.now().parked = schedule_.parked();
  counts_.publish();
  return schedule_.has_work() || more_wait || more_pace || more_owners ||
         (!schedule_.is_empty() && progress_.collected < log_.head());
}

void FanOutLoop::feed_pass(const log::View& view) {
  Budget budget(kPassSteps);
  if (!prepare_pass(view, budget)) return;
  while (!budget.is_spent()) {
    Schedule::Hook* hook = schedule_.next(budget);
    if (hook == nullptr) return;
    prefetch_next();
    feed_one(subscriber_of(*hook), view, budget);
  }
}

// True: the pass can feed.
bool FanOutLoop::prepare_pass(const log::View& view, Budget& budget) {
  if (!schedule_.is_pass_over()) return true;
  if (progress_.collected == progress_.pass_end) progress_.extend(view.head());
  if (progress_.collected == progress_.pass_end) {
    schedule_.begin_pass(Schedule::Walk::kNone);
    return true;
  }
  if (!collect(view, budget)) return false;
  schedule_.begin_pass(Schedule::Walk::kAll);
  return true;
}

// Marks the filtered streams that the events up to pass_end concern. False: the budget is spent,
// and the next turn goes on with the next event.
bool FanOutLoop::collect(const log::View& view, Budget& budget) {
  if (view.first_held() > progress_.collected + 1) {
    // The log has left this loop's own pass behind: no stream can be skipped.
    mark_all_concerned();
    progress_.collected = progress_.pass_end;
  }
  if (interest_.empty()) progress_.collected = progress_.pass_end;
  const auto visit = [this](Subscriber& subscriber) {
    role_.assert_held();
    mark_concerned(subscriber);
  };
  if (progress_.collected < progress_.pass_end &&
      !std::exchange(progress_.has_marked_every, true)) {
    budget.spend(kStepsPerConcerned * interest_.for_every_event(visit));
  }
  while (progress_.collected < progress_.pass_end) {
    if (budget.is_spent()) return false;
    const auto event = view.names(progress_.collected + 1);
    budget.spend(kStepsPerEvent +
                 kStepsPerConcerned * interest_.for_event(event.type, event.topic, visit));
    ++progress_.collected;
  }
  return true;
}

// With ten thousand streams none is in a cache any more when its turn comes. Those of the next two
// are fetched while this one is in send().
void FanOutLoop::prefetch_next() const {
  const Schedule::Hook* second = schedule_.upcoming(1);
  if (second == nullptr) return;
  __builtin_prefetch(static_cast<const Subscriber*>(second));
  static_cast<const Subscriber*>(schedule_.upcoming(0))->prefetch_socket();
}

void FanOutLoop::feed_ending(const log::View& view) {
  Budget budget(kEndingSteps);
  while (!budget.is_spent()) {
    Schedule::Hook* hook = schedule_.next_ending();
    if (hook == nullptr) return;
    feed_one(subscriber_of(*hook), view, budget);
  }
}

// In turn, each a share, whatever pass it is: no pass waits for them, and they wait for no pass.
// One share at least, and no other one once there is something for live streams.
void FanOutLoop::feed_behind(const log::View& view) {
  const BootTime now = loop_.now().boot;
  if (std::exchange(progress_.seen, view.head()) != view.head()) progress_.live_until = now + kLive;
  Budget budget(now < progress_.live_until ? kCatchUpStepsBesideLive : kCatchUpSteps);
  while (!budget.is_spent()) {
    Schedule::Hook* hook = schedule_.next_behind();
    if (hook == nullptr) return;
    feed_one(subscriber_of(*hook), view, budget);
    if (log_.head() > view.head()) return;
  }
}

void FanOutLoop::feed_one(Subscriber& subscriber, const log::View& view, Budget& budget) {
  if (subscriber.input != Subscriber::Input::kNothing) {
    if (subscriber.input == Subscriber::Input::kMore) subscriber.discard_input(budget);
    if (subscriber.input == Subscriber::Input::kBroken) return closer_.drop(subscriber);
  }
  const BootTime now = loop_.now().boot;
  Counts& counts = counts_.now();
  FeedResult result = subscriber.kind() == Schedule::Kind::kPaced
                          ? pacer_.feed(paced(subscriber), view, now, counts, shared_, budget)
                          : subscriber.feed(view, view.head(), now, counts, shared_, budget);
  if (result == FeedResult::kLeftBehind) result = feed_archived(subscriber, view, budget);
  switch (result) {
    case FeedResult::kCaughtUp:
      if (subscriber.input == Subscriber::Input::kNothing && !drain_.is_on) return;
      if (subscriber.input == Subscriber::Input::kMore) mark_due(subscriber);
      if (!drain_.is_on && subscriber.input != Subscriber::Input::kEnded) return;
      budget.spend(kStepsPerEnd);
      if (!drain_.is_on) return closer_.end_half_closed(subscriber);
      return closer_.close(subscriber, CloseReason::kShutdown);
    case FeedResult::kMore:
      return schedule_.mark_behind(subscriber);
    case FeedResult::kBlocked:
      return schedule_.mark_blocked(subscriber);
    case FeedResult::kParked:
      return;
    case FeedResult::kLeftBehind:
      return closer_.close(subscriber, CloseReason::kSlow);
    case FeedResult::kDone:
      budget.spend(kStepsPerEnd);
      return closer_.close(subscriber, CloseReason::kDone);
    case FeedResult::kPeerGone:
      return closer_.drop(subscriber);
  }
}

void FanOutLoop::mark_due(Subscriber& subscriber) {
  schedule_.mark_due(subscriber);
  loop_.request_turn();
}

void FanOutLoop::mark_concerned(Subscriber& subscriber) {
  if (bring_forward(subscriber)) mark_due(subscriber);
}

/// To the next event that it may want. False: it does not rest, and comes there by itself.
bool FanOutLoop::bring_forward(Subscriber& subscriber) {
  if (subscriber.state() != Schedule::State::kResting) return false;
  subscriber.skip_to(wanted_from(subscriber));
  return true;
}

// A filtered stream that rests has everything up to `collected` that it wants, wherever its cursor
// stands, and the log may have dropped what lies between. Of a whole one the cursor says how far it
// is, and the walk may not have come to it yet.
wire::Sequence FanOutLoop::wanted_from(const Subscriber& subscriber) const {
  switch (subscriber.kind()) {
    case Schedule::Kind::kWhole:
      break;
    case Schedule::Kind::kFiltered:
      return progress_.collected + 1;
    case Schedule::Kind::kPaced:
      return pacer_.wanted_from(paced(subscriber));
  }
  return subscriber.cursor().next;
}

void FanOutLoop::mark_all_concerned() {
  for (auto* hook : schedule_.all(Schedule::Kind::kFiltered)) mark_concerned(subscriber_of(*hook));
}

Counts FanOutLoop::counts() const {
  Counts counts = counts_.read();
  counts.turns = loop_.turns();
  counts.wake_ups = loop_.wake_ups();
  counts.turn_times = loop_.turn_times();
  return counts;
}

}  // namespace sse::hub
