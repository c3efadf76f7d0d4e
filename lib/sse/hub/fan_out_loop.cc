#include "sse/hub/fan_out_loop.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sse/hub/control_text.h"
#include "sse/hub/hub.h"
#include "sse/wire/encoder.h"

namespace sse::hub {
namespace {

using std::chrono::nanoseconds;

// A slice of a pass: some 0.5 to 2 ms of a core, the most that a request waits for the fan-out.
constexpr std::size_t kFedPerTurn = 128;
// Passing by one that cannot be fed costs hardly anything, but there may be a million of them.
constexpr std::size_t kWalkedPerTurn = 8192;
constexpr std::uint64_t kBytesPerTurn = 4U << 20U;

// The share of those that catch up, besides: a storm of reconnects with long replays takes longer
// then, and the live streams and the requests hardly notice it.
constexpr std::size_t kCatchingUpPerTurn = 64;
constexpr std::uint64_t kCatchUpBytesPerTurn = 1U << 20U;

// What the filters of streams may search in one turn: for the pass, for those that catch up, and
// for the waiters, each.
constexpr std::uint64_t kSearchSteps = Budget::kStepsPerMillisecond / 2;

}  // namespace

FanOutLoop::FanOutLoop(net::Loop& loop, log::EventLog& log, StreamRegistry& registry,
                       const HubOptions& options, const RetryTimes& retry_times)
    : loop_(loop),
      role_(loop.role()),
      log_(log),
      registry_(registry),
      options_(options),
      retry_times_(retry_times),
      tick_(tick_for(options)),
      interest_(log.name_hash()),
      ticked_at_(loop.now().boot),
      awake_since_(ticked_at_),
      waiters_(loop) {
  loop_.add_turn_task(*this);
  loop_.run_after(tick_, [this] { tick(); });
}

FanOutLoop::~FanOutLoop() {
  loop_.remove_turn_task(*this);
}

void FanOutLoop::open_stream(StreamPlace place, StreamOpening opening) {
  role_.assert_held();
  const bool has_replay = opening.start.cursor.next <= opening.log_head.sequence();
  const bool tells_ids = opening.ids == Ids::kAll;
  std::optional<wire::EventId> replay_end;
  if (has_replay && tells_ids) replay_end = opening.log_head;
  auto text = greeting(retry_times_.when_open());
  if (opening.start.gap) text += gap_block(*opening.start.gap);
  if (!has_replay && tells_ids) text += wire::encode_id_only(opening.log_head);
  auto stream = std::make_unique<Subscriber>(
      *this, std::move(opening.socket), std::move(text), opening.start.cursor, replay_end,
      std::move(opening.filter), opening.ids, loop_.now().boot);
  // The kernel has no room to watch it: closed, as if the peer had gone.
  if (!stream->attach(loop_)) return;
  const auto now = std::chrono::floor<std::chrono::seconds>(loop_.now().boot.time_since_epoch());
  stream->notes.entry.opened = static_cast<std::uint32_t>(now.count());
  registry_.link(stream->notes.entry, loop_.index(), std::move(place));
  count_opened(opening.start);
  if (is_empty()) passed_ = current_view().head();
  Subscriber& opened = *stream;
  if (opened.filter() != nullptr) interest_.add(opened, *opened.filter());
  if (opened.filter() == nullptr && walked_ == unfiltered_.size()) ++walked_;
  Streams& streams = opened.filter() != nullptr ? filtered_ : unfiltered_;
  opened.notes.index = static_cast<std::uint32_t>(streams.size());
  streams.push_back(std::move(stream));
  // Counted before the first view is taken: a publisher that sees no stream to wake has appended
  // before that view.
  streams_.fetch_add(1, std::memory_order_seq_cst);
  // What came with the request was told to the connection before: a FIN may be among it.
  opened.notes.has_input = true;
  if (opening.generation != generation_) {
    close(opened, CloseReason::kReset);
  } else if (has_replay) {
    catch_up(opened);
  } else {
    make_due(opened);
  }
}

void FanOutLoop::count_opened(const log::Start& start) {
  ++counts_.opened;
  if (start.gap) {
    ++counts_.gaps[static_cast<std::size_t>(start.gap->reason)];
    counts_.missed += start.gap->missed.value_or(0);
  } else if (start.position_asked) {
    ++counts_.resumed;
  }
}

void FanOutLoop::on_stream_ready(Subscriber& subscriber, net::Readiness readiness) {
  role_.assert_held();
  if (subscriber.notes.phase == Subscriber::Phase::kDead) return;
  if (readiness.hung_up || (readiness.readable && !subscriber.discard_input())) {
    close(subscriber, CloseReason::kPeer);
    bury(subscriber);
    return;
  }
  if (readiness.writable) {
    make_due(subscriber);
  } else if (subscriber.notes.has_input && !subscriber.is_blocked()) {
    rouse(subscriber);
  }
}

void FanOutLoop::wake() {
  if (streams_.load(std::memory_order_seq_cst) > 0 || waiters_.count() > 0) loop_.wake();
}

Waiters::Ticket FanOutLoop::wait(Wait wait) {
  role_.assert_held();
  if (draining_) wait.longest = nanoseconds(0);
  return waiters_.add(std::move(wait), log_.head());
}

void FanOutLoop::end_wait(Waiters::Ticket ticket) {
  role_.assert_held();
  waiters_.end(ticket);
}

log::View FanOutLoop::current_view() {
  log::View view = log_.view();
  if (view.generation() != generation_) reset(view);
  return view;
}

// The log was cut and may have grown past its old head since: no position that was taken before it
// can be compared with one of this view. So nothing is fed before every stream of then is closed.
void FanOutLoop::reset(const log::View& view) {
  generation_ = view.generation();
  for (auto* streams : {&unfiltered_, &filtered_}) {
    for (auto& subscriber : *streams) close(*subscriber, CloseReason::kReset);
  }
  waiters_.end_all();
  passed_ = view.head();
  walked_ = unfiltered_.size();
}

bool FanOutLoop::on_turn() {
  role_.assert_held();
  const log::View view = current_view();
  shared_.forget();  // what an older view kept alive may be gone
  if (is_pass_over()) begin_pass(view);
  feed_slice(view);
  feed_catching_up(view);
  Budget searches(kSearchSteps);
  const bool more_wait = waiters_.look(view, searches);
  publish_counts();
  sweep();
  return !is_pass_over() || !due_later_.empty() || !catching_up_.empty() || more_wait ||
         (!is_empty() && passed_ < log_.head());
}

bool FanOutLoop::is_pass_over() const {
  return next_due_ == due_.size() && walked_ == unfiltered_.size();
}

void FanOutLoop::begin_pass(const log::View& view) {
  due_.clear();
  due_.swap(due_later_);
  next_due_ = 0;
  if (view.head() <= passed_) return;
  walked_ = 0;
  if (!interest_.empty()) add_concerned(view);
  passed_ = view.head();
  due_.insert(due_.end(), due_later_.begin(), due_later_.end());
  due_later_.clear();
}

void FanOutLoop::add_concerned(const log::View& view) {
  const auto concern = [&](Subscriber& subscriber) {
    role_.assert_held();
    if (!subscriber.is_blocked()) rouse(subscriber);
  };
  if (view.first_held() > passed_ + 1) {
    // The log has left this loop's own pass behind: nobody can be skipped.
    for (auto& subscriber : filtered_) concern(*subscriber);
    return;
  }
  interest_.for_every_event(concern);
  for (auto sequence = passed_ + 1; sequence <= view.head(); ++sequence) {
    const auto event = view.event(sequence);
    interest_.for_event(event.type, event.topic, concern);
  }
}

void FanOutLoop::feed_slice(const log::View& view) {
  const std::uint64_t stop_at = counts_.bytes + kBytesPerTurn;
  Budget searches(kSearchSteps);
  std::size_t fed = 0;
  for (; fed < kFedPerTurn && next_due_ < due_.size(); ++fed) {
    if (counts_.bytes >= stop_at) return;
    feed_due(*due_[next_due_++], view, searches);
  }
  const std::size_t walk_end = std::min(unfiltered_.size(), walked_ + kWalkedPerTurn);
  while (fed < kFedPerTurn && walked_ < walk_end) {
    if (counts_.bytes >= stop_at) return;
    Subscriber& subscriber = *unfiltered_[walked_++];
    prefetch_next();
    // One that is due is fed when its turn comes, one that is blocked when it has room.
    const bool is_open = subscriber.notes.phase == Subscriber::Phase::kOpen;
    if (!is_open || subscriber.notes.due || subscriber.is_blocked()) continue;
    feed_one(subscriber, view, searches);
    ++fed;
  }
}

// With ten thousand streams none is in a cache any more when its turn comes. Those of the next two
// are fetched while this one is in send().
void FanOutLoop::prefetch_next() const {
  if (walked_ + 1 >= unfiltered_.size()) return;
  __builtin_prefetch(unfiltered_[walked_ + 1].get());
  unfiltered_[walked_]->prefetch_socket();
}

// In turn, each a share, whatever pass it is: they are not waited for, and wait for nobody.
void FanOutLoop::feed_catching_up(const log::View& view) {
  const std::uint64_t stop_at = counts_.bytes + kCatchUpBytesPerTurn;
  Budget searches(kSearchSteps);
  for (std::size_t fed = 0; fed < kCatchingUpPerTurn && !catching_up_.empty(); ++fed) {
    if (counts_.bytes >= stop_at || searches.is_spent()) return;
    Subscriber& subscriber = *catching_up_.front();
    catching_up_.pop_front();
    feed_due(subscriber, view, searches);
  }
}

void FanOutLoop::feed_due(Subscriber& subscriber, const log::View& view, Budget& searches) {
  subscriber.notes.due = false;
  if (subscriber.notes.phase == Subscriber::Phase::kOpen) {
    feed_one(subscriber, view, searches);
  } else if (subscriber.notes.phase == Subscriber::Phase::kDead) {
    dead_.push_back(&subscriber);
  }
}

void FanOutLoop::feed_one(Subscriber& subscriber, const log::View& view, Budget& searches) {
  if (subscriber.notes.has_input) {
    if (!subscriber.discard_input()) return close(subscriber, CloseReason::kPeer);
    if (subscriber.notes.has_input) make_due(subscriber);
  }
  switch (subscriber.feed(view, loop_.now().boot, counts_, shared_, searches)) {
    case FeedResult::kCaughtUp:
      if (draining_) close(subscriber, CloseReason::kShutdown);
      return;
    case FeedResult::kMore:
      catch_up(subscriber);
      return;
    case FeedResult::kBlocked:
      return;
    case FeedResult::kLeftBehind:
      close(subscriber, CloseReason::kSlow);
      return;
    case FeedResult::kPeerGone:
      close(subscriber, CloseReason::kPeer);
      return;
  }
}

void FanOutLoop::make_due(Subscriber& subscriber) {
  if (subscriber.notes.due || subscriber.notes.phase != Subscriber::Phase::kOpen) return;
  subscriber.notes.due = true;
  due_later_.push_back(&subscriber);
  loop_.request_turn();
}

// As make_due(), for one that has a replay, or more than its share of a turn, before it.
void FanOutLoop::catch_up(Subscriber& subscriber) {
  if (subscriber.notes.due || subscriber.notes.phase != Subscriber::Phase::kOpen) return;
  subscriber.notes.due = true;
  catching_up_.push_back(&subscriber);
  loop_.request_turn();
}

// For one that is not blocked. With a filter: unless it is due already it has everything up to
// passed_ that it wants, wherever its cursor stands, and the log may have dropped what lies
// between. Without: its cursor says how far it is, and the walk may not have come to it yet.
void FanOutLoop::rouse(Subscriber& subscriber) {
  if (subscriber.notes.due || subscriber.notes.phase != Subscriber::Phase::kOpen) return;
  if (subscriber.filter() != nullptr) subscriber.skip_to(passed_ + 1);
  make_due(subscriber);
}

void FanOutLoop::evict_soon() {
  loop_.post([this] {
    role_.assert_held();
    for (auto* entry : registry_.take_evicted(loop_.index())) {
      close(*entry->subscriber, CloseReason::kEvicted);
    }
  });
}

void FanOutLoop::close(Subscriber& subscriber, CloseReason reason) {
  if (subscriber.notes.phase != Subscriber::Phase::kOpen) return;
  registry_.remove(subscriber.notes.entry);
  if (subscriber.filter() != nullptr) interest_.remove(subscriber, *subscriber.filter());
  streams_.fetch_sub(1, std::memory_order_seq_cst);
  ++counts_.closed[static_cast<std::size_t>(reason)];
  subscriber.notes.phase = Subscriber::Phase::kLingering;
  ++lingering_;
  if (reason == CloseReason::kPeer ||
      !subscriber.say_goodbye(closing_block(reason, retry_times_.after(reason)),
                              loop_.now().boot) ||
      lingering_ > kMostLingering) {
    bury(subscriber);
  }
  loop_.request_turn();  // the end of a turn publishes the counts
}

void FanOutLoop::bury(Subscriber& subscriber) {
  if (subscriber.notes.phase == Subscriber::Phase::kDead) return;
  if (subscriber.notes.phase == Subscriber::Phase::kLingering) --lingering_;
  subscriber.notes.phase = Subscriber::Phase::kDead;
  // One that is still listed as due is buried when the pass comes to it.
  if (!subscriber.notes.due) dead_.push_back(&subscriber);
  loop_.request_turn();
}

void FanOutLoop::sweep() {
  for (auto* subscriber : dead_) destroy(*subscriber);
  dead_.clear();
  if (is_empty() && drained_) std::exchange(drained_, nullptr)();
}

// The last of its list takes its place. In a walk that must not be one that has not had its turn.
void FanOutLoop::destroy(Subscriber& subscriber) {
  Streams& streams = subscriber.filter() != nullptr ? filtered_ : unfiltered_;
  const auto change_places = [&streams](std::size_t a, std::size_t b) {
    std::swap(streams[a], streams[b]);
    streams[a]->notes.index = static_cast<std::uint32_t>(a);
    streams[b]->notes.index = static_cast<std::uint32_t>(b);
  };
  std::size_t index = subscriber.notes.index;
  if (&streams == &unfiltered_ && index < walked_) {
    change_places(index, --walked_);
    index = walked_;
  }
  change_places(index, streams.size() - 1);
  streams.pop_back();
}

void FanOutLoop::drain(nanoseconds limit, std::function<void()> done) {
  loop_.post([this, limit, done = std::move(done)]() mutable {
    role_.assert_held();
    draining_ = true;
    drained_ = std::move(done);
    waiters_.end_all();
    walked_ = 0;  // whoever has everything is told so, too
    for (auto& subscriber : filtered_) {
      if (!subscriber->is_blocked()) rouse(*subscriber);
    }
    loop_.run_after(limit, [this] {
      role_.assert_held();
      for (auto* streams : {&unfiltered_, &filtered_}) {
        for (auto& subscriber : *streams) {
          close(*subscriber, CloseReason::kShutdown);
          bury(*subscriber);
        }
      }
    });
    loop_.request_turn();
  });
}

void FanOutLoop::publish_counts() {
  MutexLock lock(published_mutex_);
  published_counts_ = counts_;
}

Counts FanOutLoop::counts() const {
  MutexLock lock(published_mutex_);
  Counts counts = published_counts_;
  counts.turns = loop_.turns();
  counts.wake_ups = loop_.wake_ups();
  counts.turn_times = loop_.turn_times();
  return counts;
}

}  // namespace sse::hub
