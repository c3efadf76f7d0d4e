#pragma once

/// \file
/// The directory of a hub: it is opened, read back once, and then written. One transaction holds
/// the events of a commit, what they do to rows, and the answers to their requests.

#include <chrono>
#include <cstdint>
#include <functional>
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
#include "sse/journal/kept_damage.h"
#include "sse/journal/kept_log.h"
#include "sse/journal/kept_repeats.h"
#include "sse/journal/kept_rows.h"
#include "sse/journal/kept_state.h"
#include "sse/journal/range_reader.h"
#include "sse/log/entry.h"
#include "sse/log/journal.h"
#include "sse/log/part.h"
#include "sse/log/row_ledger.h"

namespace sse::journal {

/// Thread-compatible: one thread at a time.
class SSE_EXPORT Keeper {
 public:
  using Options = DurableOptions;

  static Try<std::unique_ptr<Keeper>> open(const DurableOptions& options, const Clock& clock,
                                           RandomSource& random);

  /// Reads everything into `follower`, and begins a run: the directory says from then on that its
  /// hub was not stopped. Once.
  Try<Loaded> load(log::Follower& follower);

  /// The answers that load() has read back; once.
  log::KeptRepeats take_repeats() { return std::exchange(loaded_repeats_, {}); }

  // What is committed.
  const log::Origin& origin() const { return origin_; }
  std::vector<log::CountedRow> rows() const { return rows_.book().counted(); }

  /// Keeps all `entries`, and `repeats`, the texts of log::Append::repeat(). Failure: none of them
  /// is kept; after kSync that is not known, and nothing more may be written.
  Try<void> commit(std::span<const log::Entry> entries, std::span<const std::string> repeats,
                   const Now& now);

  /// Parts of the log that were begun by what was committed: their first events. Once.
  std::vector<wire::EventId> take_begun() { return log_.take_begun(); }
  /// Where the log begins, when that has moved since it was last told.
  std::optional<log::Tail> take_tail();

  /// What became of a read.
  enum class ReadStep : std::uint8_t {
    kRead,  ///< some or all of it was read: ask the range
    kGone,  ///< the log begins behind it: retention has deleted it, or it is damaged
  };
  /// Goes on with reading a range: see RangeReader. Damage moves the tail behind it, with a line in
  /// the log of the program; save_tail() is next. Failure: it can be tried again.
  Try<ReadStep> read(RangeReading& range, FunctionRef<bool()> may_go_on);
  /// How often read() has met damage.
  std::uint64_t damaged_reads() const { return damaged_reads_; }
  /// Writes where the log begins, if damage has moved it. Failure: as of commit().
  Try<void> save_tail();

  /// Makes room after kFull. It frees the reserve, and lets the write-ahead log begin again from
  /// its start; if neither is possible, it deletes the oldest eighth of the log, once until a
  /// commit works. The log does not grow from then on, until there is room for the reserve again.
  /// Returns whether the commit is worth another attempt; after one that fails, call this again.
  Try<bool> make_room();

  /// Work for a pause: a sync, a checkpoint, retention, the reserve.
  Try<void> rest(const Now& now);
  /// Makes a checkpoint when the write-ahead log is too long to wait for a pause.
  Try<void> checkpoint_if_long();
  /// How long until rest() has work.
  std::chrono::nanoseconds rest_after() const;

  /// Begins a copy of the database. REQUIRES: no other copy is being made.
  Try<std::unique_ptr<Backup>> begin_backup() {
    return Backup::begin(*database_, directory_.file("backup.db"), options_.journal.reserve);
  }

  /// Ends the run: saves the rows, and notes that the hub was stopped.
  Try<void> close();

  const std::string& directory() const { return directory_.path(); }
  std::uint64_t log_bytes() const { return log_.bytes(); }
  /// Of the database, as of the last retention: see LogLimits::max_disk_bytes.
  std::uint64_t disk_bytes() const { return disk_bytes_; }
  int wal_pages() const { return database_->wal_pages(); }
  std::uint64_t syncs() const { return syncs_; }

 private:
  Keeper(const DurableOptions& options, const Clock& clock, RandomSource& random,
         DataDirectory directory, HeadFile head_file, std::unique_ptr<Database> database,
         KeptState state, KeptDamage damage, KeptLog log, KeptRows rows, KeptRepeats repeats,
         RangeReader reader);

  // Of load(): keeper_history.cc.
  Try<void> find_history(const Report& report);
  Try<void> find_parts(wire::Sequence tail, const Report& report);
  Try<void> skip_old(const Report& report);
  using IsOld = std::function<bool(std::chrono::milliseconds, wire::Sequence)>;
  Try<void> skip_chunks(wire::Sequence& tail, const IsOld& is_old, const Report& report);
  Try<std::optional<ChunkRow>> first_in_memory(const Report& report);
  Try<void> tell_archived(log::Follower& follower, wire::Sequence end, Loaded& loaded);
  /// The tail, for as long as only its sequence is known.
  void set_tail(wire::Sequence tail) { tail_ = wire::EventId::make({}, 0, tail); }
  void lose(const RangeReading& range);
  bool begins_part(wire::Sequence sequence) const;

  // Of load(): keeper_load.cc.
  Try<Loaded> read_back(log::Follower& follower);
  wire::Epoch fresh_epoch(const std::optional<wire::EventId>& witness);
  std::string reason_for_epoch(const std::optional<wire::EventId>& witness) const;
  Try<wire::EventId> head_in_file(const std::optional<wire::EventId>& witness);
  Try<log::Origin> origin_before(const ChunkRow& row);
  Try<void> load_chunks(log::Follower& follower, wire::Sequence first, Loaded& loaded);
  Try<void> begin_run(const std::optional<log::EpochStart>& epoch,
                      const std::optional<std::vector<log::KeptRow>>& damaged_rows);

  Try<void> write(std::span<const log::Entry> entries, std::span<const std::string> repeats,
                  const Now& now);
  /// Retention. Returns whether `state` has changed; the caller writes it.
  Try<bool> retain(BootTime now, State& state);
  Try<std::uint64_t> excess();
  Try<bool> free_room();
  /// Calls `write`; after kFull once more, with what room there is without deleting events.
  Try<void> write_at_start(FunctionRef<Try<void>()> write);
  Try<bool> drop_eighth();
  Try<bool> has_free_pages();
  void end_fullness();
  int most_wal_pages() const;
  int checkpoint_pages() const;
  /// `write` may be called again when it has failed.
  Try<void> transact(FunctionRef<Try<void>()> write);
  Try<void> transact_once(FunctionRef<Try<void>()> write);
  /// The same with a sync: this transaction and all before it are on the disk.
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
  KeptDamage damage_;
  KeptLog log_;
  KeptRows rows_;
  KeptRepeats repeats_;
  log::KeptRepeats loaded_repeats_;

  RangeReader reader_;

  ChunkAges ages_;
  log::Origin origin_;
  std::vector<PartExtent> parts_;  // complete ones behind the tail, while it loads
  wire::EventId tail_;             // the newest event that is not to be seen any more
  bool is_tail_lost_ = false;      // by damage, and not saved yet
  wire::Sequence told_tail_ = 0;
  std::uint64_t damaged_reads_ = 0;
  std::uint64_t disk_bytes_ = 0;
  std::uint64_t syncs_ = 0;
  std::optional<std::uint64_t> full_limit_;  // on a full disk: the log may have so many bytes
  bool has_dropped_ = false;                 // an eighth, since the last commit that worked
  bool fails_to_checkpoint_ = false;
  bool fails_to_sync_ = false;
  bool fails_to_retain_ = false;
  bool is_unsynced_ = false;  // something was committed since the last sync
  BootTime synced_;
  BootTime retained_;
  BootTime saved_;
  BootTime looked_for_room_;
};

}  // namespace sse::journal
