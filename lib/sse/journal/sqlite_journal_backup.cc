// Copies of the database, made on the journal's thread between commits.

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "sse/journal/sqlite_journal.h"

namespace sse::journal {

using log::JournalState;

void SqliteJournal::backup(std::function<void(Result<BackupMade>)> done) {
  const auto refused = [&]() -> std::optional<Error> {
    const MutexLock lock(mutex_);
    if (auto refusal_now = refusal()) return refusal_now;
    if (backup_done_) return Error{ErrorCode::kConflict, "a backup is being made already"};
    backup_done_ = std::move(done);
    work_.notify_one();
    return std::nullopt;
  }();
  if (refused) done(*refused);
}

void SqliteJournal::back_up() {
  if (state_ == JournalState::kFailed) return refuse_backup();
  if (!backup_) {
    auto begun = keeper_->begin_backup();
    if (!begun) return end_backup(error_of(begun.error()));
    backup_ = *std::move(begun);
  }
  const auto is_whole = backup_->step();
  if (!is_whole) {
    backup_.reset();
    return end_backup(error_of(is_whole.error()));
  }
  if (*is_whole) finish_backup();
}

// On a thread of its own: no commit waits for the sync of a copy.
void SqliteJournal::finish_backup() {
  if (finisher_.joinable()) finisher_.join();  // of the backup before, which has ended
  {
    const MutexLock lock(mutex_);
    is_backup_finishing_ = true;
  }
  const std::shared_ptr<Backup> whole = std::move(backup_);
  const auto finish = [this, whole] {
    try {
      auto made = whole->finish();
      end_backup(made ? Result<BackupMade>(*std::move(made)) : error_of(made.error()));
    } catch (const std::exception& failure) {
      end_backup(Error{ErrorCode::kIo, std::string("cannot end a backup: ") + failure.what()});
    }
  };
  try {
    finisher_ = std::thread(finish);
  } catch (const std::system_error&) {
    finish();
  }
}

// What is being finished ends by itself.
void SqliteJournal::refuse_backup() {
  backup_.reset();
  const auto refused = [&]() -> std::optional<Error> {
    const MutexLock lock(mutex_);
    if (!has_backup_to_do()) return std::nullopt;
    return refusal().value_or(log::journal_refusal(JournalState::kStopped));
  }();
  if (refused) end_backup(*refused);
}

void SqliteJournal::end_backup(Result<BackupMade> made) {
  std::function<void(Result<BackupMade>)> done;
  {
    const MutexLock lock(mutex_);
    done = std::exchange(backup_done_, nullptr);
    is_backup_finishing_ = false;
  }
  if (done) done(std::move(made));
}

}  // namespace sse::journal
