#include "sse/hub/fan_out_loop.h"

#include <algorithm>
#include <utility>

#include "sse/hub/stream_listing.h"

namespace sse::hub {
namespace {

using std::chrono::nanoseconds;

// A slice of a pass: some 130 streams that get one small event, 0.8 ms of a core.
constexpr std::uint64_t kPassSteps = 80'000;

// The share of those that catch up, besides: a storm of reconnects with long replays takes longer
// then, and the live streams and the requests hardly notice it.
constexpr std::uint64_t kCatchUpSteps = 50'000;

// Saying goodbye and closing, in a pass.
constexpr std::uint64_t kStepsPerEnd = 5 * Budget::kSystemCall;

// To read an event, and for each name that is looked up and each stream that it may concern.
constexpr std::uint64_t kStepsPerEvent = 10;
constexpr std::uint64_t kStepsPerConcerned = 4;

// What the searches of long polls may take in a turn.
constexpr std::uint64_t kPollSteps = Budget::kStepsPerMillisecond / 2;

// To list a stream with ten patterns: they are copied, and become JSON.
constexpr std::uint64_t kStepsPerListed = 200;

}  // namespace

FanOutLoop::FanOutLoop(net::Loop& loop, log::EventLog& log, StreamRegistry& registry,
                       const HubOptions& options, const RetryTimes& retry_times)
    : loop_(loop),
      role_(loop.role()),
      log_(log),
      registry_(registry),
      retry_times_(retry_times),
      interest_(log.name_hash()),
      pacer_(loop, log, schedule_),
      closer_(loop, schedule_, interest_, pacer_, registry, counts_, retry_times),
      upkeep_(options, loop.now().boot),
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

void FanOutLoop::open_stream(StreamPlace place, StreamOpening opening) {
  role_.assert_held();
  auto stream =
      make_stream(*this, opening, opening.greeting(retry_times_.when_open()), loop_.now().boot);
  // The kernel has no room to watch it: closed, as if the peer had gone.
  if (!stream->attach(loop_)) return;
  Subscriber& opened = add(std::move(stream), std::move(place), opening.every);
  counts_.count_opened(opening.start);
  if (opening.generation != progress_.generation) {
    closer_.close_soon(opened, CloseReason::kReset);
  } else if (opening.has_replay()) {
    schedule_.mark_behind(opened);
    loop_.request_turn();
  } else {
    mark_due(opened);
  }
}

Subscriber& FanOutLoop::add(std::unique_ptr<Subscriber> stream, StreamPlace place,
                            nanoseconds every) {
  const auto now = std::chrono::floor<std::chrono::seconds>(loop_.now().boot.time_since_epoch());
  stream->opened = static_cast<std::uint32_t>(now.count());
  registry_.link(*stream, loop_.index(), std::move(place));
  if (schedule_.is_empty()) progress_.collected = progress_.pass_end = current_view().head();
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
    closer_.drop(subscriber);
  } else if (subscriber.state() == Schedule::State::kLingering) {
    if (subscriber.input == Subscriber::Input::kEnded) closer_.retire(subscriber);
  } else if (readiness.writable) {
    mark_due(subscriber);
  } else if (subscriber.input != Subscriber::Input::kNothing) {
    mark_concerned(subscriber);
  }
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
  progress_ = {view.generation(), view.head(), view.head()};
  pacer_.reset(view);
  closer_.close_all_soon(CloseReason::kReset);
  waiters_.end_all();
}

bool FanOutLoop::on_turn() {
  role_.assert_held();
  const log::View view = current_view();
  shared_.forget();  // what an older view kept alive may be gone
  const bool more_pace = pacer_.turn(view);
  feed_pass(view);
  feed_behind(view);
  Budget searches(kPollSteps);
  const bool more_wait = waiters_.look(view, searches);
  closer_.end_some();
  if (schedule_.is_empty() && drain_.done) std::exchange(drain_.done, nullptr)();
  counts_.publish();
  return schedule_.has_work() || more_wait || more_pace ||
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
    const auto event = view.event(progress_.collected + 1);
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

// In turn, each a share, whatever pass it is: no pass waits for them, and they wait for no pass.
void FanOutLoop::feed_behind(const log::View& view) {
  Budget budget(kCatchUpSteps);
  while (!budget.is_spent()) {
    Schedule::Hook* hook = schedule_.next_behind();
    if (hook == nullptr) return;
    feed_one(subscriber_of(*hook), view, budget);
  }
}

void FanOutLoop::feed_one(Subscriber& subscriber, const log::View& view, Budget& budget) {
  if (subscriber.input == Subscriber::Input::kMore) subscriber.discard_input(budget);
  if (subscriber.input == Subscriber::Input::kBroken) return closer_.drop(subscriber);
  const BootTime now = loop_.now().boot;
  Counts& counts = counts_.now();
  const FeedResult result = subscriber.kind() == Schedule::Kind::kPaced
                                ? pacer_.feed(paced(subscriber), view, now, counts, shared_, budget)
                                : subscriber.feed(view, view.head(), now, counts, shared_, budget);
  switch (result) {
    case FeedResult::kCaughtUp:
      if (subscriber.input == Subscriber::Input::kMore) mark_due(subscriber);
      if (!drain_.is_on && subscriber.input != Subscriber::Input::kEnded) return;
      budget.spend(kStepsPerEnd);
      if (!drain_.is_on) return closer_.end_half_closed(subscriber);
      return closer_.close(subscriber, CloseReason::kShutdown);
    case FeedResult::kMore:
      return schedule_.mark_behind(subscriber);
    case FeedResult::kBlocked:
      return schedule_.mark_blocked(subscriber);
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
  if (subscriber.state() != Schedule::State::kResting) return;
  subscriber.skip_to(wanted_from(subscriber));
  mark_due(subscriber);
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

void FanOutLoop::tick() {
  role_.assert_held();
  loop_.run_after(upkeep_.tick(), [this] { tick(); });
  upkeep_.begin_tick(loop_.now().boot);
  const log::View view = current_view();  // also lets an idle log drop what has expired
  for (const auto kind : Schedule::kKinds) look_after(schedule_.all(kind), view);
  counts_.publish();
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
  if (subscriber.is_open()) {
    const log::Cursor sent = sent_to(subscriber, view);
    const bool is_paced = subscriber.kind() == Schedule::Kind::kPaced;
    // What is held back keeps no heartbeat back.
    facts.has_all = sent.next > progress_.collected || is_paced;
    facts.bytes_behind = view.bytes_behind(sent);
    facts.events_lost = view.first_held() - std::min(sent.next, view.first_held());
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

void FanOutLoop::list_streams(std::size_t most,
                              std::function<void(std::vector<ListedStream>)> done) {
  loop_.post([this, most, done = std::move(done)] {
    role_.assert_held();
    const log::View view = current_view();
    std::vector<ListedStream> listed;
    for (const auto* entry : registry_.newest(most, loop_.index())) {
      const auto& subscriber = static_cast<const Subscriber&>(*entry);
      // The position of one that is to be closed may be of another log.
      if (!subscriber.is_open()) continue;
      listed.push_back(describe(subscriber, view, sent_to(subscriber, view), loop_.now().boot));
    }
    loop_.budget().spend(listed.size() * kStepsPerListed);
    done(std::move(listed));
  });
}

void FanOutLoop::evict_soon() {
  loop_.post([this] {
    role_.assert_held();
    for (auto* entry : registry_.take_evicted(loop_.index())) {
      closer_.close_soon(static_cast<Subscriber&>(*entry), CloseReason::kEvicted);
    }
  });
}

void FanOutLoop::drain(nanoseconds limit, std::function<void()> done) {
  loop_.post([this, limit, done = std::move(done)]() mutable {
    role_.assert_held();
    drain_ = {true, std::move(done)};
    waiters_.end_all();
    schedule_.begin_walk();  // streams that have everything are told so, too
    pacer_.release_all(current_view());
    mark_all_concerned();
    loop_.run_after(limit, [this] {
      role_.assert_held();
      closer_.cut_all();
    });
    loop_.request_turn();
  });
}

Counts FanOutLoop::counts() const {
  Counts counts = counts_.read();
  counts.turns = loop_.turns();
  counts.wake_ups = loop_.wake_ups();
  counts.turn_times = loop_.turn_times();
  return counts;
}

}  // namespace sse::hub
