// How appends get their answers, whatever fails. Nothing here throws.

#include <utility>

#include "sse/base/gathering.h"
#include "sse/base/logging.h"
#include "sse/journal/outcomes.h"
#include "sse/journal/sqlite_journal.h"

namespace sse::journal {

using log::JournalState;

// Without memory a commit may have got anywhere; going on would number events that the file has
// otherwise.
void SqliteJournal::give_up(const char* why) noexcept {
  Failure failure{FailureKind::kSync, {}};
  call_guarded([&] { failure.text = keeper_->directory() + ": " + why; });
  fail_batch(failure);
}

void SqliteJournal::fail_batch(const Failure& failure) noexcept {
  note_failure(failure);
  const Error error = outcome_of(failure);
  {
    const MutexLock lock(mutex_);
    phase_ = Phase::kShowing;  // appends are changed now
  }
  if (!is_final(failure)) settle_batch(false);
  for (Waiting* waiting : current_) fail_all(waiting->append, error);
  answer_batch();
}

// Takes no memory, so that none is marked and goes unanswered.
void SqliteJournal::answer_batch() noexcept {
  std::size_t queued = 0;  // without those that answers bring back
  {
    const MutexLock lock(mutex_);
    queued = queue_.size();
    for (Waiting* waiting : current_) {
      if (!std::exchange(waiting->is_answered, true)) waiting->is_due = true;
    }
  }
  {
    const Gathering gathering;
    for (Waiting* waiting : current_) {
      waiting->settle = nullptr;  // before the answer: it may hold a key
      if (!waiting->is_due) continue;
      call_guarded([&] { waiting->done(std::move(waiting->append)); });
    }
  }
  current_.clear();
  entries_.clear();
  Batch gone;  // freed after the lock: a long append takes milliseconds
  const MutexLock lock(mutex_);
  for (const Waiting& waiting : batch_) give_back(waiting);
  batch_.swap(gone);
  const auto now = WaitClock::now();
  delay_.note(gone.size(), queued, now - begun_, now);
  phase_ = Phase::kIdle;
  changed_.notify_all();
}

void SqliteJournal::note_failure(const Failure& failure) noexcept {
  const bool is_news = !std::exchange(was_failing_, true);
  std::string text = copied(failure.text);
  {
    const MutexLock lock(mutex_);
    if (is_abandoned_ || state_ == JournalState::kFailed) return;
    if (is_final(failure)) {
      state_ = JournalState::kFailed;
      failure_ = std::move(text);
    }
  }
  const auto tell = [](const std::string& line) {
    call_guarded([&] { log_line(LogLevel::kError, line); });
  };
  if (is_news) tell(failure.text);
  if (!is_final(failure)) return;
  call_guarded([&] {
    tell(
        "no more events are taken until this hub is started again: what its disk holds is not "
        "known any more; streams go on with what is in memory");
  });
  answer_early(WaitClock::time_point::max(), failed_refusal(failure.text), not_known());
}

// ---- before the commit has ended

void SqliteJournal::answer_early(WaitClock::time_point before, const Error& queued,
                                 const Error& in_flight,
                                 std::optional<log::JournalFailure> counted) noexcept {
  Batch not_begun;
  Batch begun;
  {
    const MutexLock lock(mutex_);
    not_begun = take_queued(before);
    begun = take_in_flight(before);
    ++answering_;
  }
  if (counted) count(*counted, not_begun.size() + begun.size());
  const auto answer = [](Batch& taken, const Error& error) {
    for (Waiting& waiting : taken) {
      fail_all(waiting.append, error);
      call_guarded([&] { waiting.done(std::move(waiting.append)); });
    }
  };
  answer(not_begun, queued);
  answer(begun, in_flight);
  const MutexLock lock(mutex_);
  --answering_;
  changed_.notify_all();
}

SqliteJournal::Batch SqliteJournal::take_queued(WaitClock::time_point before) noexcept {
  Batch taken;
  while (!queue_.empty() && queue_.front().since <= before) {
    give_back(queue_.front());
    taken.splice(taken.end(), queue_, queue_.begin());
  }
  return taken;
}

// The commit goes on to read its appends, so copies are answered. One for which there is no memory
// is answered when its commit has ended.
SqliteJournal::Batch SqliteJournal::take_in_flight(WaitClock::time_point before) noexcept {
  Batch taken;
  if (!waits_for_disk()) return taken;
  for (Waiting& waiting : batch_) {
    if (waiting.is_answered || waiting.since > before) continue;
    call_guarded([&] {
      log::Append copy = waiting.append;
      taken.emplace_back(copy, waiting.done, waiting.bytes);
      waiting.is_answered = true;
    });
  }
  return taken;
}

// Appends that were answered before their outcome was known.
void SqliteJournal::settle_batch(bool is_kept) noexcept {
  for (const Waiting* waiting : current_) {
    if (!waiting->is_answered || !waiting->settle) continue;
    call_guarded([&] { waiting->settle(is_kept); });
  }
}

}  // namespace sse::journal
