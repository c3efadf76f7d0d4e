#pragma once

/// \file
/// A copy of a database while its hub goes on writing.

#include <cstdint>
#include <memory>
#include <string>

#include "sse/base/export.h"
#include "sse/journal/database.h"
#include "sse/journal/durable_journal.h"
#include "sse/journal/failure.h"

struct sqlite3_backup;

namespace sse::journal {

/// Copies in steps, through the one connection that the database has: what is committed between two
/// steps is in the copy, too. The copy is marked: a hub that starts with it begins a new epoch,
/// since ids that were given after it are known to subscribers. Thread-compatible, with `source`,
/// which must outlive it.
class SSE_EXPORT Backup {
 public:
  /// The copy is made at `path`, in a file of another name until it is whole. An older one is
  /// replaced then.
  static Try<std::unique_ptr<Backup>> begin(Database& source, const std::string& path);
  /// What is not finished is deleted.
  ~Backup();
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;

  /// Copies some hundred KiB. Whether the copy is whole: then it is on the disk, under its name.
  /// Not inside a transaction.
  Try<bool> step();

  /// After step() has said so.
  const BackupMade& made() const { return made_; }

 private:
  explicit Backup(const std::string& path) : path_(path), unfinished_(path + ".unfinished") {}
  Try<void> open(Database& source);
  Try<void> finish();
  Try<void> mark();
  Failure failure() const;

  const std::string path_;
  const std::string unfinished_;
  sqlite3* copy_ = nullptr;
  sqlite3_backup* backup_ = nullptr;
  BackupMade made_;
};

}  // namespace sse::journal
