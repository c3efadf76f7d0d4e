#pragma once

/// \file
/// The journal of a hub that keeps its history in a directory, as the rooms above know it: also in
/// a build without SQLite (SSE_SQLITE=OFF), where opening one is an error.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/random.h"
#include "sse/base/result.h"
#include "sse/journal/journal_options.h"
#include "sse/log/journal.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// What a start has read back.
struct Loaded {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;            ///< of the events, as they are kept
  std::uint64_t archived_events = 0;  ///< before them: they stay in the directory
  std::uint64_t archived_bytes = 0;
  std::size_t rows = 0;
  std::size_t members = 0;          ///< of the series of those rows
  std::vector<std::string> damage;  ///< that no start has told before, a line each
  std::string new_epoch;            ///< why a new epoch begins; empty: none does
  bool is_restored = false;         ///< it is a restored backup; that is why
};

/// A copy that backup() has made.
struct BackupMade {
  std::string path;  ///< in the directory: `backup.db`
  std::uint64_t bytes = 0;
  wire::Sequence head = 0;  ///< the newest event in it; 0: none
};

/// Thread-safe.
class SSE_EXPORT DurableJournal : public log::Journal {
 public:
  /// What start() has read back. Constant after start().
  virtual const Loaded& loaded() const = 0;

  /// Copies the database to `backup.db` beside it, in steps between commits, and replaces an older
  /// copy. A hub that starts with the copy as its `log.db` begins a new epoch. Calls `done` once,
  /// on any thread. Errors: kConflict (a backup is being made), kFull, kUnavailable (the journal
  /// has stopped or failed), kIo.
  virtual void backup(std::function<void(Result<BackupMade>)> done) = 0;
};

/// Whether this build has a durable journal.
SSE_EXPORT bool has_durable_journal();

/// Makes a journal; null when has_durable_journal() is false. Its start() makes the directory if
/// need be, locks it and reads it back. Errors of start(): kConflict (another hub has the
/// directory), kInvalid (it is damaged), kUnavailable (a newer version made it); others: it cannot
/// be made, read or written.
SSE_EXPORT std::unique_ptr<DurableJournal> make_durable_journal(const DurableOptions& options,
                                                                const Clock& clock,
                                                                RandomSource& random);

}  // namespace sse::journal
