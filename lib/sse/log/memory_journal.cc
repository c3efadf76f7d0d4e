#include "sse/log/memory_journal.h"

#include <algorithm>
#include <chrono>

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
  const MutexLock lock(mutex_);
  sequencer_.restart(origin, {});
  follower.load(origin, {});
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
    append.fail_pending(journal_stopped());
    return append.items().size();
  }
  const Now now = clock_.now();
  entries_.clear();
  const std::size_t next = sequencer_.order(append, from, unix_time(now), entries_);
  if (!entries_.empty()) follower_->add(entries_, now.boot);
  return next;
}

void MemoryJournal::stop(std::chrono::nanoseconds /*limit*/) {
  const MutexLock lock(mutex_);  // whoever is in a slice leaves it first
  state_ = JournalState::kStopped;
}

Error journal_stopped() {
  return {ErrorCode::kUnavailable, "the hub is draining: it takes no more events"};
}

}  // namespace sse::log
