// Appends that are answered before their commit has ended.

#include <algorithm>
#include <utility>

#include "sse/journal/outcomes.h"
#include "sse/journal/sqlite_journal.h"

namespace sse::journal {

using log::JournalState;

void SqliteJournal::stop(std::chrono::nanoseconds limit) {
  const auto until = WaitClock::now() + std::chrono::duration_cast<WaitClock::duration>(limit);
  {
    const MutexLock lock(mutex_);
    auto ready = JournalState::kReady;
    state_.compare_exchange_strong(ready, JournalState::kStopped);
    if (ready == JournalState::kNew || ready == JournalState::kAway)
      state_ = JournalState::kStopped;
    is_stopping_ = true;
    work_.notify_all();
    const auto is_over = [this]()
                             SSE_REQUIRES(mutex_) { return has_all_outcomes() && answering_ == 0; };
    while (!is_over() && WaitClock::now() < until) changed_.wait_until(mutex_, until);
    if (is_over()) {
      while (is_telling_) changed_.wait(mutex_);
      return;
    }
    is_abandoned_ = true;
    work_.notify_all();
  }
  answer_early(WaitClock::time_point::max(), stopped_refusal(), not_known());
  const MutexLock lock(mutex_);
  // None of it takes a disk; after it nothing is shown nor answered any more.
  while (phase_ == Phase::kOrdering || phase_ == Phase::kShowing || is_telling_ || owes_answers()) {
    changed_.wait(mutex_);
  }
}

bool SqliteJournal::owes_answers() const {
  return !queue_.empty() || arriving_ > 0 || answering_ > 0 ||
         std::any_of(batch_.begin(), batch_.end(),
                     [](const Waiting& waiting) { return !waiting.is_answered; });
}

bool SqliteJournal::has_late(WaitClock::time_point before) const {
  if (!queue_.empty() && queue_.front().since <= before) return true;
  return waits_for_disk() &&
         std::any_of(batch_.begin(), batch_.end(), [before](const Waiting& waiting) {
           return !waiting.is_answered && waiting.since <= before;
         });
}

void SqliteJournal::watch() {
  const auto limit =
      std::chrono::duration_cast<WaitClock::duration>(options_.journal.commit_timeout);
  while (true) {
    {
      const MutexLock lock(mutex_);
      while (!is_ended_ && !has_late(WaitClock::now() - limit)) {
        watch_sleeps_ = queue_.empty() && batch_.empty();
        if (watch_sleeps_) {
          watch_.wait(mutex_);
        } else {
          watch_.wait_for(mutex_, limit / 4);
        }
      }
      watch_sleeps_ = false;
      if (is_ended_) return;
    }
    answer_early(WaitClock::now() - limit, too_late(), not_known(), log::JournalFailure::kTimedOut);
  }
}

}  // namespace sse::journal
