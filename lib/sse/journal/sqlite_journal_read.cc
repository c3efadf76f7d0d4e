// Events that are read back, on the journal's thread between commits.

#include <new>
#include <utility>

#include "sse/base/logging.h"
#include "sse/base/thread_time.h"
#include "sse/journal/outcomes.h"
#include "sse/journal/sqlite_journal.h"

namespace sse::journal {

using log::JournalState;

Error SqliteJournal::read_refusal() const {
  const MutexLock lock(mutex_);
  if (is_suspended_) return {ErrorCode::kIo, "the directory is with another process for a moment"};
  const bool has_failed = state_ == JournalState::kFailed;
  return log::journal_refusal(has_failed ? JournalState::kFailed : JournalState::kStopped);
}

void SqliteJournal::read(wire::Sequence first, wire::Sequence last, ReadDone done) {
  {
    const MutexLock lock(mutex_);
    if (takes_reads_) {
      reads_.push_back({RangeReading(first, last), std::move(done)});
      work_.notify_one();
      return;
    }
  }
  done(read_refusal());
}

void SqliteJournal::read_on() {
  if (!read_) {
    const MutexLock lock(mutex_);
    read_ = std::move(reads_.front());
    reads_.pop_front();
  }
  try {
    const auto step = step_read();
    if (!step) return end_read(error_of(step.error()));
    if (*step == Keeper::ReadStep::kGone) return lose_read();
    if (read_->range.is_whole()) end_read(read_->range.take_chunks());
  } catch (const std::bad_alloc&) {
    end_read(Error{ErrorCode::kIo, "there is no memory for events that are read back"});
  }
}

// One at least of what RangeReader reads at a time.
Try<Keeper::ReadStep> SqliteJournal::step_read() {
  std::optional<WaitClock::time_point> delays_since;
  const auto delays_for = [&] {
    const auto now = WaitClock::now();
    if (!delays_since && has_appends()) delays_since = now;
    return delays_since ? now - *delays_since : WaitClock::duration(0);
  };
  const auto may_go_on = [&] {
    const auto delay = delays_for();
    return !delays_since || delay < allowance_.left();
  };
  may_go_on();
  const auto before = thread_time();
  auto step = keeper_->read(read_->range, may_go_on);
  allowance_.note_read(delays_for(), thread_time() - before, WaitClock::now());
  if (!step) count(reason_of(step.error()));
  return step;
}

bool SqliteJournal::has_appends() const {
  const MutexLock lock(mutex_);
  return !queue_.empty() || is_stopping_;
}

// What is damaged is gone for everyone, also where that cannot be written any more.
void SqliteJournal::lose_read() {
  damaged_reads_ = keeper_->damaged_reads();
  tell_in_pause([this] { tell_tail(); });
  if (state_ != JournalState::kFailed) {
    if (const auto saved = keeper_->save_tail(); !saved) {
      count(reason_of(saved.error()));
      note_failure(saved.error());
    }
  }
  end_read(Error{ErrorCode::kNotFound, "the log begins behind these events now"});
}

void SqliteJournal::end_read(Result<std::vector<std::string>> read) {
  const ReadDone done = std::exchange(read_, std::nullopt)->done;
  done(std::move(read));
}

void SqliteJournal::refuse_reads() {
  std::deque<Read> refused;
  {
    const MutexLock lock(mutex_);
    takes_reads_ = false;
    refused.swap(reads_);
  }
  if (read_) end_read(read_refusal());
  for (const Read& one : refused) one.done(read_refusal());
}

void SqliteJournal::tell_tail() {
  if (const auto tail = keeper_->take_tail()) follower_->move_tail(*tail);
}

// Between commits. The follower may go once stop() has returned, which waits for this.
void SqliteJournal::tell_in_pause(FunctionRef<void()> tell) {
  {
    const MutexLock lock(mutex_);
    if (is_stopping_) return;
    is_telling_ = true;
  }
  try {
    tell();
    follower_->wake();
  } catch (...) {
    end_telling();
    throw;
  }
  end_telling();
}

void SqliteJournal::end_telling() {
  const MutexLock lock(mutex_);
  is_telling_ = false;
  changed_.notify_all();
}

}  // namespace sse::journal
