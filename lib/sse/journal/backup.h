#pragma once

/// \file
/// A copy of a database while its hub goes on writing.

#include <cstdint>
#include <memory>
#include <string>

#include "sse/base/export.h"
#include "sse/base/unique_fd.h"
#include "sse/journal/database.h"
#include "sse/journal/durable_journal.h"
#include "sse/journal/failure.h"

struct sqlite3_backup;

namespace sse::journal {

/// Copies in steps, through the one connection that the database has: what is committed between two
/// steps is in the copy, too. The copy is marked: a hub that starts with it begins a new epoch,
/// since ids that were given after it are known to subscribers. Thread-compatible: with `source`
/// until all of it is copied, and by itself after that.
class SSE_EXPORT Backup {
 public:
  /// The copy is made at `path`, in a file of another name until it is whole. An older one is
  /// replaced then. kFull: the file system would have less than `spare` bytes left.
  static Try<std::unique_ptr<Backup>> begin(Database& source, const std::string& path,
                                            std::uint64_t spare);
  /// What is not finished is deleted. `source` must be there until step() has said true.
  ~Backup();
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;

  /// Copies some hundred KiB, and syncs the copy every few MiB. Whether all is copied: then
  /// finish() is next, and no more step(). Not inside a transaction.
  Try<bool> step();

  /// Puts the copy on the disk, under its name. It takes as long as a disk may; on any thread.
  Try<BackupMade> finish();

 private:
  explicit Backup(const std::string& path) : path_(path), unfinished_(path + ".unfinished") {}
  Try<void> open(Database& source);
  Try<void> mark();
  Failure failure() const;

  const std::string path_;
  const std::string unfinished_;
  UniqueFd file_;  // to sync; closed after copy_, whose locks end with it
  int unsynced_steps_ = 0;
  sqlite3* copy_ = nullptr;
  sqlite3_backup* backup_ = nullptr;
  BackupMade made_;
};

}  // namespace sse::journal
