#include "sse/journal/redis_journal.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <system_error>
#include <utility>

#include "sse/base/logging.h"
#include "sse/journal/outcomes.h"
#include "sse/journal/redis_scripts.h"
#include "sse/journal/redis_tls.h"

namespace sse::journal {
namespace {

using log::JournalState;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLeastBackoff{20};
constexpr milliseconds kMostBackoff{1'000};
/// How late an append may be answered that waits for too long.
constexpr milliseconds kLookAfter{50};
constexpr milliseconds kQuietLook{500};
/// An engine that says nothing for so long, beyond the time that it was asked to wait, is given up.
constexpr milliseconds kLeastSilence{1'000};

std::string random_name(RandomSource& random) {
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%016llx%016llx",
                static_cast<unsigned long long>(random.next()),
                static_cast<unsigned long long>(random.next()));
  return text.data();
}

}  // namespace

bool has_cluster_journal() {
  return true;
}

Status check_cluster_files(const ClusterOptions& options) {
  const auto url = SSE_TRY(parse_redis_url(options.url));
  return url.is_secure ? RedisTls::check(options.tls) : Status();
}

std::unique_ptr<ClusterJournal> make_cluster_journal(const ClusterSettings& settings,
                                                     const Clock& clock, RandomSource& random) {
  return std::make_unique<RedisJournal>(settings, clock, random);
}

RedisJournal::RedisJournal(const ClusterSettings& settings, const Clock& clock,
                           RandomSource& random)
    : settings_(settings),
      clock_(clock),
      random_(random),
      node_(random_name(random)),
      asides_(std::max<std::chrono::nanoseconds>(settings.cluster.timeout, kLeastSilence),
              settings.cluster.max_calls, [this] { wake_.wake(); }),
      tickets_(asides_, clock_),
      hubs_(asides_, tickets_, node_),
      pending_(settings.max_pending) {
}

RedisJournal::~RedisJournal() {
  stop(std::chrono::nanoseconds(0));
  if (thread_.joinable()) thread_.join();
}

// The first connection is made on the caller's thread: without the engine nothing is served.
Status RedisJournal::start(log::Follower& follower) {
  if (!wake_.is_open()) return Error{ErrorCode::kIo, "cannot make an eventfd"};
  auto url = SSE_TRY(parse_redis_url(settings_.cluster.url));
  SSE_TRY(check_cluster_files(settings_.cluster));
  const std::uint64_t most = settings_.cluster.max_bytes;
  const RedisRetention retention{std::chrono::ceil<milliseconds>(settings_.log.ttl),
                                 most != 0 ? most : settings_.log.memory_bytes};
  link_ = std::make_unique<RedisLink>(
      settings_.cluster, std::move(url),
      RedisLogLimits{settings_.rows, settings_.max_event_size, retention}, random_);
  follower_ = &follower;
  hash_ = follower.name_hash();
  node_key_ = link_->key("node:" + node_);
  asides_.set_script(RedisAsides::Script::kTickets, tickets_script(), {link_->key("tickets")});
  asides_.set_script(
      RedisAsides::Script::kHubs, hubs_script(),
      {link_->key("hubs"), link_->key("log"), link_->key("meta"), link_->key("epochs")});
  reader_ = make_reader();
  open_part_ = RedisPartBuilder(hash_);
  while (true) {
    const auto now = link_->connect(patience());
    Status begun = now ? attached(*now) : Status(now.error());
    if (begun) break;
    // Without memory it may have some later: what is too old goes.
    const ErrorCode code = begun.error().code;
    if (code != ErrorCode::kUnavailable && code != ErrorCode::kFull) return begun;
    const auto& on_wait = settings_.cluster.on_wait;
    if (on_wait && !on_wait(begun.error().text)) return begun;
    backoff_ = std::clamp(backoff_ * 2, kLeastBackoff, kMostBackoff);
    pause(backoff_);
  }
  backoff_ = milliseconds(0);
  begin_tail();
  SSE_TRY(reader_->start());
  state_ = JournalState::kReady;
  {
    const MutexLock lock(mutex_);
    is_ended_ = false;
  }
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& failure) {
    const MutexLock lock(mutex_);
    is_ended_ = true;
    return Error{ErrorCode::kIo, std::string("cannot start a thread: ") + failure.what()};
  }
  return {};
}

void RedisJournal::stop(std::chrono::nanoseconds limit) {
  const auto by = steady_clock::now() + std::chrono::duration_cast<steady_clock::duration>(limit);
  const MutexLock lock(mutex_);
  if (state_ != JournalState::kFailed) state_ = JournalState::kStopped;
  if (!is_stopping_ || by < stop_by_) stop_by_ = by;
  is_stopping_ = true;
  wake_.wake();
  while (!is_ended_) changed_.wait(mutex_);
}

// ---- the journal's thread

void RedisJournal::run() {
  asides_.begin();
  while (!has_ended()) {
    try {
      turn();
    } catch (const std::exception& failure) {
      call_guarded([&] { lose_link(failure.what()); });
      link_->close();
    }
  }
  end();
}

/// Whether there is nothing more to do, or no more time for it.
bool RedisJournal::has_ended() {
  const MutexLock lock(mutex_);
  if (!is_stopping_) return false;
  return (pending_appends_ == 0 && arriving_ == 0) || steady_clock::now() >= stop_by_;
}

void RedisJournal::turn() {
  if (!link_->is_open()) return reconnect();
  look_after_appends();
  gather();
  send_next();
  take_lost();
  save_part();
  ask_oldest();
  if (!is_tail_asked_) ask_tail();
  if (hubs_.is_due(steady_clock::now())) hubs_.beat(cluster_counts(), steady_clock::now());
  asides_.send(link_->asides());
  wait_for_work();
  auto done = take_replies();
  if (done) done = take_tail();
  if (done) done = asides_.take(link_->asides());
  const auto now = steady_clock::now();
  const auto silence = std::max<steady_clock::duration>(
      std::chrono::duration_cast<steady_clock::duration>(settings_.cluster.timeout), kLeastSilence);
  // The engine was asked to wait itself, for entries and for replicas.
  const auto patience = silence + kMostBackoff;
  const bool is_dead = (!replies_.empty() && now - replies_since_ > patience) ||
                       (is_tail_asked_ && now - tail_asked_ > patience) ||
                       asides_.is_silent(patience);
  if (done && is_dead) done = Error{ErrorCode::kUnavailable, "Redis does not answer"};
  if (!done) lose_link(done.error().text);
}

void RedisJournal::wait_for_work() {
  const bool is_urgent = has_pending();
  const short nothing = 0;
  std::array<pollfd, 4> fds{{{wake_.get(), POLLIN, nothing},
                             {link_->calls().fd(), link_->calls().wanted_events(), nothing},
                             {link_->tail().fd(), link_->tail().wanted_events(), nothing},
                             {link_->asides().fd(), link_->asides().wanted_events(), nothing}}};
  ::poll(fds.data(), fds.size(), static_cast<int>((is_urgent ? kLookAfter : kQuietLook).count()));
  if (fds[0].revents != 0) wake_.take();
}

RedisPatience RedisJournal::patience() {
  return {std::max<std::chrono::nanoseconds>(settings_.cluster.timeout, kLeastSilence),
          [this] { return look_after_appends(); }};
}

/// Answers those that have waited for too long. False: the journal has ended.
bool RedisJournal::look_after_appends() {
  asides_.expire(steady_clock::now());
  if (state_ == JournalState::kNew)
    return !settings_.cluster.goes_on || settings_.cluster.goes_on();
  const auto limit = std::chrono::duration_cast<steady_clock::duration>(settings_.cluster.timeout);
  if (limit.count() > 0) {
    expire(steady_clock::now() - limit,
           {ErrorCode::kUnavailable,
            "the event was not taken: Redis does not answer in time (--cluster-timeout)"},
           {ErrorCode::kUnknown,
            "the event may have been taken: Redis has not answered in time (--cluster-timeout); "
            "ask again with the same key"});
  }
  return !has_ended();
}

void RedisJournal::pause(milliseconds time) {
  const auto until = steady_clock::now() + time;
  while (look_after_appends()) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    if (left.count() <= 0) return;
    pollfd one{wake_.get(), POLLIN, 0};
    ::poll(&one, 1, static_cast<int>(std::min(left, kLookAfter).count()));
    if (one.revents != 0) wake_.take();
  }
}

void RedisJournal::lose_link(const std::string& why) {
  link_->close();
  asides_.lose();
  hubs_.hurry();
  reader_->use_none();
  replies_.clear();
  asked_replicas_.clear();
  is_tail_asked_ = false;
  for (Call& call : calls_) {
    // Another connection cannot wait for what this one has written, unless it is asked again.
    if (std::exchange(call.waits_for_replicas, false)) call.lacks_replicas = true;
    if (call.state == Call::State::kUnsent) continue;
    call.state = call.has_entry ? Call::State::kReplied : Call::State::kUnsent;
    if (call.has_entry) continue;
    // Also what was replied to: the engine may lose it before it is here.
    call.is_reply_lost = true;
    call.left_out.reset();
  }
  forget_calls();
  if (!is_up_.exchange(false)) return;
  log_line(LogLevel::kWarning, "the cluster's Redis at " + link_->address() + " is lost: " + why +
                                   "; streams go on, and events wait");
}

void RedisJournal::reconnect() {
  // Not at once where the last connection has brought nothing either.
  if (!std::exchange(is_proven_, false)) {
    backoff_ = std::clamp(backoff_ * 2, kLeastBackoff, kMostBackoff);
    pause(backoff_ / 2 + milliseconds(static_cast<std::int64_t>(
                             random_.below(static_cast<std::uint64_t>(backoff_.count() / 2) + 1))));
    if (has_ended()) return;
  }
  const auto now = link_->connect(patience());
  const Status done = now ? attached(*now) : Status(now.error());
  if (done) {
    begin_tail();
    ++reconnects_;
    return;
  }
  link_->close();
  // Not each of the quick tries at first, and a reason once.
  if (backoff_ < kMostBackoff || done.error().text == told_reason_ || has_ended()) return;
  told_reason_ = done.error().text;
  log_line(LogLevel::kWarning, "the cluster's Redis cannot be used: " + told_reason_);
}

/// Answers what is left, also what comes meanwhile.
void RedisJournal::end() {
  call_guarded([this] {
    hubs_.leave();
    if (link_->is_open()) asides_.send(link_->asides());
    asides_.end();
    link_->close();
  });
  call_guarded([this] { reader_->stop(); });
  while (true) {
    call_guarded([this] {
      expire(SteadyTime::max(), stopped_refusal(),
             {ErrorCode::kUnknown,
              "the event may have been taken: the hub has stopped before Redis has answered; ask "
              "again with the same key"});
    });
    const MutexLock lock(mutex_);
    if (!queue_.empty()) continue;
    is_ended_ = true;
    changed_.notify_all();
    return;
  }
}

void RedisJournal::list_nodes(std::function<void(log::ClusterStatus)> done) const {
  hubs_.list(
      cluster_counts(), [this] { return link_ == nullptr ? std::string() : link_->address(); },
      std::move(done));
}

log::ClusterCounts RedisJournal::cluster_counts() const {
  log::ClusterCounts counts;
  counts.is_up = is_up_;
  counts.epoch = told_epoch_;
  counts.head = told_head_;
  const wire::Sequence engine_head = engine_head_;
  counts.lag_events = engine_head - std::min(engine_head, counts.head);
  counts.calls = answered_calls_;
  counts.own_events = own_events_;
  counts.entries = entries_;
  counts.reconnects = reconnects_;
  counts.fail_overs = fail_overs_;
  counts.resets = resets_;
  counts.timed_out = timed_out_;
  counts.refused = refused_;
  counts.failed = failed_;
  counts.damaged = damaged_;
  counts.nodes = hubs_.count();
  counts.pending_limit = settings_.max_pending;
  const MutexLock lock(mutex_);
  counts.pending_appends = pending_appends_;
  counts.pending_bytes = pending_.bytes();
  return counts;
}

}  // namespace sse::journal
