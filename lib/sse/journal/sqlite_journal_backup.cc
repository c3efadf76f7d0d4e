// Copies of the database, made on the journal's thread between commits.

#include <utility>

#include "sse/journal/sqlite_journal.h"

namespace sse::journal {

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
  if (!backup_) {
    auto begun = keeper_->begin_backup();
    if (!begun) return end_backup(error_of(begun.error()));
    backup_ = *std::move(begun);
  }
  const auto is_whole = backup_->step();
  if (!is_whole) return end_backup(error_of(is_whole.error()));
  if (*is_whole) end_backup(BackupMade(backup_->made()));
}

void SqliteJournal::end_backup(Result<BackupMade> made) {
  backup_.reset();
  std::function<void(Result<BackupMade>)> done;
  {
    const MutexLock lock(mutex_);
    done = std::exchange(backup_done_, nullptr);
  }
  if (done) done(std::move(made));
}

}  // namespace sse::journal
