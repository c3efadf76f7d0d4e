#pragma once

/// \file
/// The order of a hub whose history survives it.
///
///     append()     any thread: into the queue                        a lock, no I/O
///                  with all of its Gathering, where there is one
///     the journal's thread, for all that has gathered:
///       conditions judged, ids given                                 log::Sequencer
///       one transaction                                              Keeper
///       Follower::add(), wake()                                      visible
///       outcomes                                                     no lock
///     read()       any thread; done by the journal's between commits  RangeReader
///
/// While a transaction is synced the next one gathers, and waits a moment for those whom the last
/// one answered: see CommitDelay.

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/later.h"
#include "sse/base/mutex.h"
#include "sse/base/random.h"
#include "sse/journal/commit_delay.h"
#include "sse/journal/durable_journal.h"
#include "sse/journal/keeper.h"
#include "sse/journal/pending_shares.h"
#include "sse/journal/range_reader.h"
#include "sse/journal/read_allowance.h"
#include "sse/log/journal.h"
#include "sse/log/sequencer.h"

namespace sse::journal {

template <typename Journal>
struct Arriving;

/// Thread-safe. Two threads of its own from start() on: one writes, the other answers appends that
/// have waited too long. A third puts the end of a backup on the disk.
class SSE_EXPORT SqliteJournal final : public DurableJournal {
 public:
  /// start() opens the directory.
  SqliteJournal(const DurableOptions& options, const Clock& clock, RandomSource& random);
  /// The directory is locked and open. Error: as error_of() says.
  static Result<std::unique_ptr<SqliteJournal>> open(const DurableOptions& options,
                                                     const Clock& clock, RandomSource& random);
  /// stop(0), if it was not called. Waits for what the disk has not finished.
  ~SqliteJournal() override;
  SqliteJournal(const SqliteJournal&) = delete;
  SqliteJournal& operator=(const SqliteJournal&) = delete;

  Status start(log::Follower& follower) override SSE_EXCLUDES(mutex_);
  log::Answered append(log::Append& append, FunctionRef<Done()> later) override
      SSE_EXCLUDES(mutex_);
  bool answers_at_once() const override { return false; }
  bool keeps_parts() const override { return true; }
  void stop(std::chrono::nanoseconds limit) override SSE_EXCLUDES(mutex_);
  Status suspend(std::chrono::nanoseconds limit) override SSE_EXCLUDES(mutex_);
  Status resume() override SSE_EXCLUDES(mutex_);
  /// A disk that hangs keeps reads waiting, too: after a stop until the journal goes at the latest.
  void read(wire::Sequence first, wire::Sequence last, ReadDone done) override SSE_EXCLUDES(mutex_);
  log::JournalState state() const override { return state_.load(); }
  std::optional<log::KeptRepeats> take_repeats() override { return std::exchange(repeats_, {}); }

  const Loaded& loaded() const override { return loaded_; }
  void backup(std::function<void(Result<BackupMade>)> done) override SSE_EXCLUDES(mutex_);
  std::optional<log::JournalCounts> counts() const override SSE_EXCLUDES(mutex_);

 private:
  friend struct Arriving<SqliteJournal>;

  using WaitClock = std::chrono::steady_clock;  // of condition variables; nothing is kept of it

  struct Waiting {
    /// Takes both once it has its memory.
    Waiting(log::Append& from, Done& with, std::size_t size)
        : append(std::move(from)), done(std::move(with)), bytes(size), peer(append.peer()) {}

    log::Append append;
    Done done;
    std::size_t bytes;  // that it has in pending_, as this peer's
    PendingShares::Peer peer;
    WaitClock::time_point since = WaitClock::now();
    std::function<void(bool)> settle;  // RepeatRecord::settle
    bool is_answered = false;          // or about to be
    bool is_due = false;               // to be answered by the journal's thread
  };
  using Batch = std::list<Waiting>;  // its members change lists without taking memory

  enum class Phase : std::uint8_t {
    kIdle,
    kOrdering,
    kCommitting,  ///< appends are only read, so that they may be answered
    kMakingRoom,  ///< nor changed: judged again after it
    kShowing,
  };

  enum class Work : std::uint8_t { kBatch, kBackup, kRead, kRest, kEnd };

  struct Read {
    RangeReading range;
    ReadDone done;
  };

  Status open();
  Status run_threads(std::function<void()> write);
  void join_threads() SSE_EXCLUDES(mutex_);

  // On the journal's thread, of a directory that another process may have.
  bool come_back(const KeyedHash& hash) SSE_EXCLUDES(mutex_);
  std::optional<std::chrono::milliseconds> reopen(const KeyedHash& hash) SSE_EXCLUDES(mutex_);
  void check_still_wanted() SSE_EXCLUDES(mutex_);
  std::optional<std::chrono::milliseconds> rest_after(const Failure& failure) SSE_EXCLUDES(mutex_);
  std::nullopt_t fail_to_resume(const std::string& why) SSE_EXCLUDES(mutex_);

  std::optional<Error> refusal() const SSE_REQUIRES(mutex_);
  std::optional<Error> reserve(const PendingShares::Peer& peer, std::size_t bytes)
      SSE_EXCLUDES(mutex_);
  void give_back(const Waiting& waiting) SSE_REQUIRES(mutex_) {
    pending_.give_back(waiting.peer, waiting.bytes);
  }
  void put(Batch arrived) SSE_EXCLUDES(mutex_);
  bool has_all_outcomes() const SSE_REQUIRES(mutex_) {
    return queue_.empty() && batch_.empty() && arriving_ == 0;
  }
  /// The disk takes as long as it likes, and appends stay as they are.
  bool waits_for_disk() const SSE_REQUIRES(mutex_) {
    return phase_ == Phase::kCommitting || phase_ == Phase::kMakingRoom;
  }

  // On the journal's thread.
  void run() SSE_EXCLUDES(mutex_);
  Work next_work() SSE_EXCLUDES(mutex_);
  bool do_work(Work work) SSE_EXCLUDES(mutex_);
  void give_up(const char* why) noexcept SSE_EXCLUDES(mutex_);
  CommitDelay::Span wait_before_commit() SSE_REQUIRES(mutex_);
  bool fills_batch() const SSE_REQUIRES(mutex_);
  void take_batch() SSE_REQUIRES(mutex_);
  void keep_batch() SSE_EXCLUDES(mutex_);
  void order(const Now& now);
  void make_repeats();
  void show(BootTime now);
  void roll_back();
  Try<void> commit(const Now& now) SSE_EXCLUDES(mutex_);
  Try<void> commit_once(const Now& now) SSE_EXCLUDES(mutex_);
  bool enter(Phase phase) SSE_EXCLUDES(mutex_);
  void fail_batch(const Failure& failure) noexcept SSE_EXCLUDES(mutex_);
  void settle_batch(bool is_kept) noexcept;
  void answer_batch() noexcept SSE_EXCLUDES(mutex_);
  void rest() SSE_EXCLUDES(mutex_);
  void back_up() SSE_EXCLUDES(mutex_);
  void finish_backup() SSE_EXCLUDES(mutex_);
  void refuse_backup() SSE_EXCLUDES(mutex_);
  void end_backup(Result<BackupMade> made) SSE_EXCLUDES(mutex_);  // or on the finisher's
  bool has_backup_to_do() const SSE_REQUIRES(mutex_) {
    return backup_done_ && !is_backup_finishing_;
  }
  void read_on() SSE_EXCLUDES(mutex_);
  Try<Keeper::ReadStep> step_read() SSE_EXCLUDES(mutex_);
  void lose_read() SSE_EXCLUDES(mutex_);
  void end_read(Result<std::vector<std::string>> read) SSE_EXCLUDES(mutex_);
  void refuse_reads() SSE_EXCLUDES(mutex_);
  Error read_refusal() const SSE_EXCLUDES(mutex_);
  bool has_appends() const SSE_EXCLUDES(mutex_);
  bool has_read_to_do() const SSE_REQUIRES(mutex_) { return read_ || !reads_.empty(); }
  void tell_tail();
  void tell_in_pause(FunctionRef<void()> tell) SSE_EXCLUDES(mutex_);
  void end_telling() SSE_EXCLUDES(mutex_);
  void end() SSE_EXCLUDES(mutex_);
  void note_failure(const Failure& failure) noexcept SSE_EXCLUDES(mutex_);
  void count(log::JournalFailure failure, std::size_t times = 1) {
    failures_[static_cast<std::size_t>(failure)] += times;
  }
  void note_commit(std::chrono::nanoseconds time);
  void note_disk();

  // On the watch's thread, and on that of stop().
  void watch() SSE_EXCLUDES(mutex_);
  bool has_late(WaitClock::time_point before) const SSE_REQUIRES(mutex_);
  bool owes_answers() const SSE_REQUIRES(mutex_);
  /// Answers the appends that came at `before` or earlier: those in the queue with `queued`, those
  /// in the commit under way with `in_flight`. Counts them as `counted`.
  void answer_early(WaitClock::time_point before, const Error& queued, const Error& in_flight,
                    std::optional<log::JournalFailure> counted = {}) noexcept SSE_EXCLUDES(mutex_);
  Batch take_queued(WaitClock::time_point before) noexcept SSE_REQUIRES(mutex_);
  Batch take_in_flight(WaitClock::time_point before) noexcept SSE_REQUIRES(mutex_);

  const DurableOptions options_;
  const Clock& clock_;
  RandomSource& random_;
  std::unique_ptr<Keeper> keeper_;           // the journal's thread, once there is one
  log::Follower* follower_ = nullptr;        // constant after start()
  std::optional<log::KeptRepeats> repeats_;  // until they are taken
  Loaded loaded_;                            // the same
  std::atomic<log::JournalState> state_ = log::JournalState::kNew;

  // The journal's thread.
  log::Sequencer sequencer_;
  std::vector<Waiting*> current_;  // the members of batch_
  std::vector<log::Entry> entries_;
  std::vector<std::string> texts_;  // of the appends that have entries
  bool was_failing_ = false;
  bool was_away_long_ = false;  // said once, until the directory is here again
  std::unique_ptr<Backup> backup_;
  bool has_backed_up_ = false;  // since the last commit or read: they take turns
  std::optional<Read> read_;    // that is under way
  ReadAllowance allowance_{std::thread::hardware_concurrency()};

  mutable Mutex mutex_;
  std::condition_variable_any work_;     // for the journal's thread
  std::condition_variable_any changed_;  // for stop()
  std::condition_variable_any watch_;
  Batch queue_ SSE_GUARDED_BY(mutex_);
  Batch batch_ SSE_GUARDED_BY(mutex_);  // its members' appends: see Phase
  Phase phase_ SSE_GUARDED_BY(mutex_) = Phase::kIdle;
  CommitDelay delay_ SSE_GUARDED_BY(mutex_);
  WaitClock::time_point begun_ SSE_GUARDED_BY(mutex_);  // the batch
  std::size_t arriving_ SSE_GUARDED_BY(mutex_) = 0;     // taken, and not in the queue yet
  std::size_t answering_ SSE_GUARDED_BY(mutex_) = 0;    // threads that give early answers
  PendingShares pending_ SSE_GUARDED_BY(mutex_);
  bool is_stopping_ SSE_GUARDED_BY(mutex_) = false;
  bool is_suspended_ SSE_GUARDED_BY(mutex_) = false;  // what cannot be read now may be later
  bool is_telling_ SSE_GUARDED_BY(mutex_) = false;    // the follower, between commits
  bool is_abandoned_ SSE_GUARDED_BY(mutex_) = false;  // nothing is shown any more
  bool is_ended_ SSE_GUARDED_BY(mutex_) = false;      // nothing is watched any more
  bool watch_sleeps_ SSE_GUARDED_BY(mutex_) = false;  // until something waits
  std::string failure_ SSE_GUARDED_BY(mutex_);
  std::deque<Read> reads_ SSE_GUARDED_BY(mutex_);
  bool takes_reads_ SSE_GUARDED_BY(mutex_) = false;
  std::function<void(Result<BackupMade>)> backup_done_ SSE_GUARDED_BY(mutex_);  // null: none
  bool is_backup_finishing_ SSE_GUARDED_BY(mutex_) = false;                     // all is copied

  std::atomic<std::uint64_t> commits_ = 0;
  std::atomic<std::uint64_t> failed_commits_ = 0;
  std::atomic<std::uint64_t> events_ = 0;
  std::atomic<std::uint64_t> syncs_ = 0;
  std::array<std::atomic<std::uint64_t>, log::kJournalFailures.size()> failures_{};
  std::atomic<std::uint64_t> disk_bytes_ = 0;
  std::atomic<std::uint64_t> used_bytes_ = 0;
  std::atomic<std::uint64_t> damaged_reads_ = 0;
  std::atomic<std::int64_t> commit_time_ = 0;
  std::array<std::atomic<std::uint64_t>, log::CommitTimes::kBounds.size() + 1> commit_times_{};

  std::thread writer_;
  std::thread watcher_;
  std::thread finisher_;  // of the last backup
};

}  // namespace sse::journal
