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
    if (ready == JournalState::kNew) state_ = JournalState::kStopped;
    is_stopping_ = true;
    work_.notify_all();
    while (!has_all_answers() && WaitClock::now() < until) changed_.wait_until(mutex_, until);
    if (has_all_answers()) return;
    is_abandoned_ = true;
    work_.notify_all();
    // These take no disk; after them nothing is shown any more.
    while (phase_ == Phase::kOrdering || phase_ == Phase::kShowing) changed_.wait(mutex_);
  }
  answer_early(WaitClock::time_point::max(), stopped_refusal(), not_known());
}

bool SqliteJournal::has_late(WaitClock::time_point before) const {
  if (!queue_.empty() && queue_.front()->since <= before) return true;
  return phase_ == Phase::kCommitting &&
         std::any_of(batch_.begin(), batch_.end(), [before](const auto& waiting) {
           return !waiting->is_answered && waiting->since <= before;
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
    count(log::JournalFailure::kTimedOut,
          answer_early(WaitClock::now() - limit, too_late(), not_known()));
  }
}

std::size_t SqliteJournal::answer_early(WaitClock::time_point before, const Error& queued,
                                        const Error& in_flight) {
  std::vector<std::pair<Done, log::Append>> answered;
  {
    const MutexLock lock(mutex_);
    while (!queue_.empty() && queue_.front()->since <= before) {
      Waiting& waiting = *queue_.front();
      fail_all(waiting.append, queued);
      answered.emplace_back(std::move(waiting.done), std::move(waiting.append));
      pending_bytes_ -= waiting.bytes;
      queue_.pop_front();
    }
    for (const auto& waiting : batch_) {
      const bool is_late = waiting->since <= before && !waiting->is_answered;
      if (phase_ != Phase::kCommitting || !is_late) continue;
      waiting->is_answered = true;
      // The commit goes on to read the append.
      answered.emplace_back(std::move(waiting->done), waiting->append);
      fail_all(answered.back().second, in_flight);
    }
  }
  for (auto& [done, append] : answered) done(std::move(append));
  changed_.notify_all();
  return answered.size();
}

}  // namespace sse::journal
