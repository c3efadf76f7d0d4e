#include "sse/log/memory_journal.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

#include "sse/base/logging.h"
#include "sse/log/chunk.h"

namespace sse::log {
namespace {

std::chrono::milliseconds unix_time(const Now& now) {
  return std::chrono::floor<std::chrono::milliseconds>(now.wall).time_since_epoch();
}

}  // namespace

MemoryJournal::MemoryJournal(const Options& options, const Clock& clock)
    : epoch_(options.epoch), clock_(clock), sequencer_(options.rows) {
}

Status MemoryJournal::start(Follower& follower) {
  const Origin origin{wire::EventId::make(unix_time(clock_.now()), epoch_, 0), epoch_};
  follower_ = &follower;
  auto carried = std::exchange(carried_, std::nullopt);
  const MutexLock lock(mutex_);
  if (carried) return load(*std::move(carried), follower);
  sequencer_.restart(origin, {});
  follower.load(origin, {});
  state_ = JournalState::kReady;
  return {};
}

// Ages are counted from the times in the ids, as after a restart with a directory.
Status MemoryJournal::load(CarriedLog log, Follower& follower) {
  const Now now = clock_.now();
  follower.load(log.origin, log.rows);
  wire::Sequence next = log.origin.head.sequence() + 1;
  for (std::string& chunk : log.chunks) {
    const auto entries = SSE_TRY(decode_chunk(chunk, follower.name_hash()));
    if (entries.front().id.sequence() != next) {
      return Error{ErrorCode::kInvalid, "the log that was handed over has a hole"};
    }
    next = entries.back().id.sequence() + 1;
    const auto age = unix_time(now) - entries.front().id.unix_time();
    follower.add(entries, now.boot - std::max(age, std::chrono::milliseconds(0)));
    std::string().swap(chunk);  // the log has a copy: there is room for one only
  }
  if (next != log.head.sequence() + 1) {
    return Error{ErrorCode::kInvalid, "the log that was handed over has lost its end"};
  }
  sequencer_.restart({log.head, log.origin.epoch}, log.rows);
  state_ = JournalState::kReady;
  return {};
}

Status MemoryJournal::suspend(std::chrono::nanoseconds limit) {
  if (state_ != JournalState::kReady) return journal_refusal(state_);
  stop(limit);
  return {};
}

Status MemoryJournal::resume() {
  const MutexLock lock(mutex_);
  if (state_ == JournalState::kFailed) return journal_refusal(state_);
  state_ = JournalState::kReady;
  return {};
}

Answered MemoryJournal::append(Append& append, FunctionRef<Done()> /*later*/) {
  for (std::size_t next = 0; next < append.items().size();) next = order_slice(append, next);
  const auto items = append.items();
  const bool is_news = std::any_of(items.begin(), items.end(), [](const Append::Item& item) {
    return item.outcome.kind == Outcome::Kind::kAppended;
  });
  if (is_news) wake_follower();
  return Answered::kNow;
}

std::size_t MemoryJournal::order_slice(Append& append, std::size_t from) {
  const MutexLock lock(mutex_);
  if (state_ != JournalState::kReady) {
    append.fail_pending(journal_refusal(state_));
    return append.items().size();
  }
  const Now now = clock_.now();
  entries_.clear();
  try {
    const std::size_t next = sequencer_.order(append, from, unix_time(now), entries_);
    if (!entries_.empty()) follower_->add(entries_, now.boot);
    return next;
  } catch (const std::bad_alloc&) {
    fail(append, from);
    return append.items().size();
  }
}

// Rows, events and ledger may each have got as far as the memory went. Going on would number events
// that are never seen; so what is visible stays, and nothing is added to it any more.
void MemoryJournal::fail(Append& append, std::size_t from) {
  state_ = JournalState::kFailed;
  log_line(LogLevel::kError,
           "there was no memory for an event: no more are taken until this hub is restarted");
  for (Append::Item& item : append.items().subspan(from)) {
    if (item.is_pending() || item.outcome.kind == Outcome::Kind::kAppended) {
      item.outcome.fail({ErrorCode::kUnknown,
                         "there was no memory left for this event; it may have been published"});
    }
  }
}

void MemoryJournal::stop(std::chrono::nanoseconds /*limit*/) {
  const MutexLock lock(mutex_);  // a thread in a slice leaves it first
  if (state_ != JournalState::kFailed) state_ = JournalState::kStopped;
}

void Journal::read(wire::Sequence /*first*/, wire::Sequence /*last*/, ReadDone done) {
  const ReadDone tell = std::move(done);
  tell(Error{ErrorCode::kNotFound, "this journal keeps nothing that is not in memory"});
}

Status Journal::suspend(std::chrono::nanoseconds /*limit*/) {
  return Error{ErrorCode::kUnavailable, "this journal cannot be handed to another process"};
}

Error journal_refusal(JournalState state) {
  switch (state) {
    case JournalState::kNew:
      return {ErrorCode::kUnavailable, "the hub has not started yet"};
    case JournalState::kFailed:
      return {ErrorCode::kUnavailable,
              "the hub's journal has failed: it takes no more events until it is restarted"};
    case JournalState::kAway:
      return {ErrorCode::kUnavailable,
              "another process may have the hub's history: it takes events again in a moment"};
    case JournalState::kReady:
    case JournalState::kStopped:
      break;
  }
  return {ErrorCode::kUnavailable, "the hub is draining: it takes no more events"};
}

}  // namespace sse::log
