#pragma once

/// \file
/// Everything that a directory keeps, as one: opened, read back once, and then written in
/// transactions that hold the events of a commit with what they do to rows.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/later.h"
#include "sse/base/random.h"
#include "sse/journal/backup.h"
#include "sse/journal/chunk_ages.h"
#include "sse/journal/data_directory.h"
#include "sse/journal/database.h"
#include "sse/journal/durable_journal.h"
#include "sse/journal/journal_options.h"
#include "sse/journal/kept_log.h"
#include "sse/journal/kept_repeats.h"
#include "sse/journal/kept_rows.h"
#include "sse/journal/kept_state.h"
#include "sse/log/entry.h"
#include "sse/log/journal.h"
#include "sse/log/row_ledger.h"

namespace sse::journal {

/// Thread-compatible: one thread at a time.
class SSE_EXPORT Keeper {
 public:
  using Options = DurableOptions;

  static Try<std::unique_ptr<Keeper>> open(const DurableOptions& options, const Clock& clock,
                                           RandomSource& random);

  /// Reads everything into `follower`, and begins a run: from then on the directory says that a hub
  /// has it. Once.
  Try<Loaded> load(log::Follower& follower);

  /// What load() has read back of answers; once.
  log::KeptRepeats take_repeats() { return std::exchange(loaded_repeats_, {}); }

  // What is committed.
  const log::Origin& origin() const { return origin_; }
  std::vector<log::CountedRow> rows() const { return rows_.book().counted(); }

  /// Keeps `entries`, all or none. Failure: nothing of it is kept, but for kSync: then it is not
  /// known, and nothing more may be written.
  /// `repeats`: see log::Append::keep_repeat().
  Try<void> commit(std::span<const log::Entry> entries, std::span<const std::string> repeats,
                   const Now& now);

  /// After kFull: frees the reserve, and makes the write-ahead log begin anew; where neither is
  /// possible, or has not helped, the oldest eighth of the log goes, once until a commit works.
  /// From then on the log may not grow until there is room for the reserve again. Whether the
  /// commit may work now: to be asked again after each that does not.
  Try<bool> make_room();

  /// What may wait until nothing else does: checkpoint, sync, retention, the reserve.
  Try<void> rest(const Now& now);
  /// A checkpoint, when the write-ahead log has become so long that it cannot wait.
  Try<void> checkpoint_if_long();
  /// How long the caller may do nothing before rest() has work.
  std::chrono::nanoseconds rest_after() const;

  /// A copy of the database, made in steps between commits. REQUIRES: none is being made.
  Try<std::unique_ptr<Backup>> begin_backup() {
    return Backup::begin(*database_, directory_.file("backup.db"), options_.journal.reserve);
  }

  /// Ends the run: what the next start would have to do again is written, and the directory says
  /// that all is in order.
  Try<void> close();

  const std::string& directory() const { return directory_.path(); }
  std::uint64_t log_bytes() const { return log_.bytes(); }
  int wal_pages() const { return database_->wal_pages(); }
  std::uint64_t syncs() const { return syncs_; }

 private:
  Keeper(const DurableOptions& options, const Clock& clock, RandomSource& random,
         DataDirectory directory, HeadFile head_file, std::unique_ptr<Database> database,
         KeptState state, KeptLog log, KeptRows rows, KeptRepeats repeats);

  // Of load(): keeper_load.cc.
  wire::Epoch fresh_epoch(const std::optional<wire::EventId>& witness);
  std::string reason_for_epoch(const std::optional<wire::EventId>& witness) const;
  Try<wire::EventId> head_in_file(const std::optional<wire::EventId>& witness);
  Try<log::Origin> origin_before(const ChunkRow& row);
  Try<void> load_chunks(log::Follower& follower, wire::Sequence first, Loaded& loaded);
  Try<void> begin_run(const std::optional<log::EpochStart>& epoch,
                      const std::optional<std::vector<log::KeptRow>>& damaged_rows);

  Try<void> write(std::span<const log::Entry> entries, std::span<const std::string> repeats,
                  const Now& now, State& state);
  /// Retention. Whether anything was deleted, which the caller writes with `state`.
  Try<bool> retain(BootTime now, State& state);
  LogLimits limits() const;
  Try<bool> drop_eighth();
  Try<bool> has_free_pages();
  void end_fullness();
  int most_wal_pages() const;
  int checkpoint_pages() const;
  Try<void> transact(FunctionRef<Try<void>()> write);
  /// The same, and the disk has it, with all that was written before it.
  Try<void> transact_synced(FunctionRef<Try<void>()> write, BootTime now);
  std::chrono::nanoseconds age_step() const;
  bool owes_sync() const;
  void undo();
  void settle();
  Try<void> sync_now();
  Try<void> checkpoint();

  const DurableOptions options_;
  const Clock& clock_;
  RandomSource& random_;
  DataDirectory directory_;
  HeadFile head_file_;
  std::unique_ptr<Database> database_;
  KeptState state_;
  KeptLog log_;
  KeptRows rows_;
  KeptRepeats repeats_;
  log::KeptRepeats loaded_repeats_;

  ChunkAges ages_;
  log::Origin origin_;
  std::uint64_t syncs_ = 0;
  std::optional<std::uint64_t> full_limit_;  // bytes of the log, since the disk was full
  bool has_dropped_ = false;                 // since the last commit
  bool fails_to_checkpoint_ = false;
  bool fails_to_sync_ = false;
  bool is_unsynced_ = false;  // something was committed since the last sync
  BootTime synced_;
  BootTime retained_;
  BootTime saved_;
  BootTime looked_for_room_;
};

}  // namespace sse::journal
