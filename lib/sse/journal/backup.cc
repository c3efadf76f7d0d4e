#include "sse/journal/backup.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <sqlite3.h>

#include "sse/journal/kept_log.h"
#include "sse/journal/kept_state.h"

namespace sse::journal {
namespace {

constexpr int kPages = 128;  // at one time: 512 KiB

// Of a copy that is synced as a whole the sync would take seconds, and commits' syncs beside it.
constexpr int kStepsForSync = 8;

/// The journal of the copy, too, so that nothing of an earlier attempt is taken for its own.
void remove_unfinished(const std::string& path) {
  for (const char* end : {"", "-journal", "-wal", "-shm"}) ::unlink((path + end).c_str());
}

Try<void> sync_file(const std::string& path, int flags) {
  const UniqueFd file(::open(path.c_str(), flags | O_CLOEXEC));
  if (file.is_open() && ::fsync(file.get()) == 0) return {};
  return Failure{FailureKind::kIo, failure_of_errno("sync " + path, errno).text};
}

std::string directory_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

/// A copy that fills the disk would cost the log its oldest events.
Try<void> check_room(Database& source, const std::string& path, std::uint64_t spare) {
  const auto pages = static_cast<std::uint64_t>(SSE_TRY(source.number("PRAGMA page_count")));
  const auto size = static_cast<std::uint64_t>(SSE_TRY(source.number("PRAGMA page_size")));
  struct statvfs disk {};
  if (::statvfs(directory_of(path).c_str(), &disk) != 0) {
    return failure_of_errno("look at the file system of " + path, errno);
  }
  const std::uint64_t left = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const std::uint64_t needed = pages * size + spare;
  if (left >= needed) return {};
  return Failure{FailureKind::kFull, "cannot copy to " + path + ": its file system has " +
                                         std::to_string(left) + " bytes left, and the copy and " +
                                         "--data-reserve take " + std::to_string(needed)};
}

}  // namespace

Try<std::unique_ptr<Backup>> Backup::begin(Database& source, const std::string& path,
                                           std::uint64_t spare) {
  std::unique_ptr<Backup> backup(new Backup(path));
  SSE_TRY(check_room(source, path, spare));
  SSE_TRY(backup->open(source));
  return backup;
}

Try<void> Backup::open(Database& source) {
  remove_unfinished(unfinished_);
  constexpr mode_t kOwnersOnly = 0600;
  file_ =
      UniqueFd(::open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnersOnly));
  if (!file_.is_open()) return failure_of_errno("make " + unfinished_, errno);
  constexpr int kFlags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (::sqlite3_open_v2(unfinished_.c_str(), &copy_, kFlags, nullptr) != SQLITE_OK)
    return failure();
  // Until it is whole and synced it has another name.
  constexpr const char* kSetUp = "PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE";
  if (::sqlite3_exec(copy_, kSetUp, nullptr, nullptr, nullptr) != SQLITE_OK) return failure();
  backup_ = ::sqlite3_backup_init(copy_, "main", source.handle(), "main");
  if (backup_ == nullptr) return failure();
  return {};
}

Backup::~Backup() {
  if (backup_ != nullptr) ::sqlite3_backup_finish(backup_);
  if (copy_ == nullptr) return;
  ::sqlite3_close(copy_);
  remove_unfinished(unfinished_);
}

Try<bool> Backup::step() {
  const int code = ::sqlite3_backup_step(backup_, kPages);
  if (code == SQLITE_OK) {
    if (++unsynced_steps_ < kStepsForSync) return false;
    unsynced_steps_ = 0;
    if (::fdatasync(file_.get()) == 0) return false;
    return Failure{FailureKind::kIo, failure_of_errno("sync " + unfinished_, errno).text};
  }
  const int finished = ::sqlite3_backup_finish(backup_);
  backup_ = nullptr;
  if (code != SQLITE_DONE || finished != SQLITE_OK) return failure();
  return true;
}

Try<BackupMade> Backup::finish() {
  if (::sqlite3_close(copy_) != SQLITE_OK) return failure();
  copy_ = nullptr;
  file_ = UniqueFd();
  auto finished = mark();
  ::unlink((unfinished_ + "-wal").c_str());
  if (finished) finished = sync_file(unfinished_, O_RDONLY);
  if (finished && ::rename(unfinished_.c_str(), path_.c_str()) != 0) {
    finished = failure_of_errno("rename " + unfinished_, errno);
  }
  if (finished) finished = sync_file(directory_of(path_), O_RDONLY | O_DIRECTORY);
  if (finished) return made_;
  remove_unfinished(unfinished_);
  return std::move(finished).error();
}

Try<void> Backup::mark() {
  Database::Options options;
  options.path = unfinished_;
  const auto database = SSE_TRY(Database::open(options));
  auto kept = SSE_TRY(KeptState::load(*database));
  auto state = kept.state();
  state.is_copy = true;
  SSE_TRY(database->begin());
  SSE_TRY(kept.write(state));
  SSE_TRY(database->commit());
  SSE_TRY(database->checkpoint());  // the copy is one file
  KeptLog log = SSE_TRY(KeptLog::open(*database));
  const auto newest = SSE_TRY(log.newest());
  std::error_code ignored;
  made_ = {path_, std::filesystem::file_size(unfinished_, ignored), newest ? newest->last() : 0};
  return {};
}

Failure Backup::failure() const {
  const int code = copy_ == nullptr ? SQLITE_NOMEM : ::sqlite3_extended_errcode(copy_);
  const int number = copy_ == nullptr ? 0 : ::sqlite3_system_errno(copy_);
  const bool is_full = code == SQLITE_FULL || number == ENOSPC || number == EDQUOT;
  return {is_full ? FailureKind::kFull : FailureKind::kIo,
          "cannot copy to " + unfinished_ + ": " +
              (copy_ == nullptr ? ::sqlite3_errstr(code) : ::sqlite3_errmsg(copy_))};
}

}  // namespace sse::journal
