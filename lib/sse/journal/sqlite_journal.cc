#include "sse/journal/sqlite_journal.h"

#include <algorithm>
#include <exception>
#include <span>
#include <utility>

#include "sse/base/logging.h"
#include "sse/journal/arriving.h"
#include "sse/journal/outcomes.h"

namespace sse::journal {
namespace {

using log::Answered;
using log::JournalState;
using log::Outcome;

// Of one commit; a larger append alone.
constexpr std::size_t kBatchBytes = std::size_t{4} << 20U;

}  // namespace

bool has_durable_journal() {
  return true;
}

std::unique_ptr<DurableJournal> make_durable_journal(const DurableOptions& options,
                                                     const Clock& clock, RandomSource& random) {
  return std::make_unique<SqliteJournal>(options, clock, random);
}

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(const DurableOptions& options,
                                                           const Clock& clock,
                                                           RandomSource& random) {
  auto journal = std::make_unique<SqliteJournal>(options, clock, random);
  SSE_TRY(journal->open());
  return journal;
}

SqliteJournal::SqliteJournal(const DurableOptions& options, const Clock& clock,
                             RandomSource& random)
    : options_(options),
      clock_(clock),
      random_(random),
      sequencer_(options.rows),
      pending_(options.journal.max_pending) {
}

Status SqliteJournal::open() {
  auto keeper = Keeper::open(options_, clock_, random_);
  if (!keeper) return error_of(keeper.error());
  keeper_ = *std::move(keeper);
  return {};
}

SqliteJournal::~SqliteJournal() {
  stop(std::chrono::nanoseconds(0));
  join_threads();
}

Status SqliteJournal::start(log::Follower& follower) {
  if (keeper_ == nullptr) SSE_TRY(open());
  auto loaded = keeper_->load(follower);
  if (!loaded) return error_of(loaded.error());
  loaded_ = *std::move(loaded);
  repeats_ = keeper_->take_repeats();
  follower_ = &follower;
  sequencer_.restart_counted(keeper_->origin(), keeper_->rows());
  disk_bytes_ = keeper_->log_bytes();
  {
    const MutexLock lock(mutex_);
    takes_reads_ = true;
  }
  state_ = JournalState::kReady;
  return run_threads([this] { run(); });
}

// ---- any thread

std::optional<Error> SqliteJournal::refusal() const {
  const JournalState state = state_.load();
  if (state == JournalState::kReady) return std::nullopt;
  if (state != JournalState::kFailed) return log::journal_refusal(state);
  return failed_refusal(failure_);
}

std::optional<Error> SqliteJournal::reserve(const PendingShares::Peer& peer, std::size_t bytes) {
  const MutexLock lock(mutex_);
  if (auto refused = refusal()) return refused;
  if (auto taken = pending_.take(peer, bytes); !taken) {
    count(log::JournalFailure::kRefused);
    return std::move(taken).error();
  }
  ++arriving_;
  return std::nullopt;
}

Answered SqliteJournal::append(log::Append& append, FunctionRef<Done()> later) {
  if (!append.has_pending()) return Answered::kNow;
  const std::size_t bytes = append.footprint();
  const auto peer = append.peer();
  if (const auto refused = reserve(peer, bytes)) {
    append.refuse(*refused);
    return Answered::kNow;
  }
  Batch alone;
  try {
    Batch* const gathered = Arriving<SqliteJournal>::gathered(*this);
    Done done = later();
    (gathered != nullptr ? *gathered : alone).emplace_back(append, done, bytes);
  } catch (...) {
    const MutexLock lock(mutex_);
    pending_.give_back(peer, bytes);
    --arriving_;
    changed_.notify_all();
    throw;
  }
  if (!alone.empty()) put(std::move(alone));
  return Answered::kLater;
}

// Takes no memory where the appends are kept: stop() waits until they have arrived.
void SqliteJournal::put(Batch arrived) {
  const std::size_t count = arrived.size();
  std::optional<Error> refused;
  {
    const MutexLock lock(mutex_);
    const bool is_lost = is_abandoned_ || state_ == JournalState::kFailed;
    if (!is_lost) {
      const bool was_empty = queue_.empty();
      queue_.splice(queue_.end(), arrived);
      arriving_ -= count;
      const bool is_awaited = was_empty || queue_.size() >= delay_.awaited() || fills_batch();
      if (phase_ == Phase::kIdle && is_awaited) work_.notify_one();
      if (watch_sleeps_) watch_.notify_one();
      return;
    }
    refused = state_ == JournalState::kFailed ? refusal() : std::optional(stopped_refusal());
    for (const Waiting& waiting : arrived) give_back(waiting);
  }
  for (Waiting& waiting : arrived) {
    fail_all(waiting.append, *refused);
    call_guarded([&] { waiting.done(std::move(waiting.append)); });
  }
  const MutexLock lock(mutex_);
  arriving_ -= count;  // stop() has waited for the answers
  changed_.notify_all();
}

// ---- the journal's thread

void SqliteJournal::run() {
  for (bool goes_on = true; goes_on;) {
    try {
      goes_on = do_work(next_work());
    } catch (const std::exception& failure) {
      give_up(failure.what());
    } catch (...) {
      give_up("an unknown exception");
    }
  }
  call_guarded([this] { refuse_backup(); });
  call_guarded([this] { refuse_reads(); });
  call_guarded([this] { end(); });
}

/// False at the end.
bool SqliteJournal::do_work(Work work) {
  switch (work) {
    case Work::kBatch:
      keep_batch();
      break;
    case Work::kBackup:
      back_up();
      break;
    case Work::kRead:
      read_on();
      break;
    case Work::kRest:
      rest();
      break;
    case Work::kEnd:
      return false;
  }
  return true;
}

SqliteJournal::Work SqliteJournal::next_work() {
  const MutexLock lock(mutex_);
  while (!is_abandoned_ && !(is_stopping_ && has_all_outcomes())) {
    if (state_ == JournalState::kFailed) {
      if (has_backup_to_do()) return Work::kBackup;
      if (has_read_to_do()) return Work::kRead;
      work_.wait(mutex_);
      continue;
    }
    const bool has_other = !queue_.empty() || has_read_to_do();
    if (has_backup_to_do() && (!has_other || !std::exchange(has_backed_up_, true))) {
      return Work::kBackup;
    }
    if (queue_.empty() && has_other) has_backed_up_ = false;
    const auto reads_rest = allowance_.rest(WaitClock::now());
    const bool may_read = has_read_to_do() && reads_rest.count() == 0;
    if (!queue_.empty()) {
      if (may_read && allowance_.left().count() > 0) {
        has_backed_up_ = false;
        return Work::kRead;
      }
      if (const auto wait = wait_before_commit(); wait.count() > 0) {
        work_.wait_for(mutex_, wait);
        continue;
      }
      has_backed_up_ = false;
      take_batch();
      return Work::kBatch;
    }
    const auto patience = keeper_->rest_after();
    if (patience.count() == 0) return Work::kRest;
    if (may_read) return Work::kRead;
    const bool waits_to_read = has_read_to_do() && reads_rest < patience;
    const auto wait = waits_to_read ? reads_rest : patience;
    const bool is_quiet = work_.wait_for(mutex_, wait) == std::cv_status::timeout;
    if (is_quiet && queue_.empty() && !waits_to_read) return Work::kRest;
  }
  return Work::kEnd;
}

// Not for what cannot come: appends are refused, or have no room in the batch.
CommitDelay::Span SqliteJournal::wait_before_commit() {
  if (state_ != JournalState::kReady || fills_batch()) return CommitDelay::Span::zero();
  return delay_.next_wait(queue_.size(), WaitClock::now());
}

bool SqliteJournal::fills_batch() const {
  return pending_.bytes() >= kBatchBytes;
}

void SqliteJournal::take_batch() {
  current_.reserve(queue_.size());  // none may be taken that is not in both
  std::size_t bytes = 0;
  while (!queue_.empty() && (batch_.empty() || bytes + queue_.front().bytes <= kBatchBytes)) {
    bytes += queue_.front().bytes;
    current_.push_back(&queue_.front());
    batch_.splice(batch_.end(), queue_, queue_.begin());
  }
  phase_ = Phase::kOrdering;
  begun_ = WaitClock::now();
}

void SqliteJournal::keep_batch() {
  const Now now = clock_.now();
  order(now);
  make_repeats();
  // Where nothing is to be kept, the outcomes tell of what is kept already.
  const auto kept = entries_.empty() ? Try<void>() : commit(now);
  if (!kept) return fail_batch(kept.error());
  was_failing_ = false;
  if (!enter(Phase::kShowing)) return fail_batch({FailureKind::kSync, "the hub has stopped"});
  if (!entries_.empty()) show(clock_.now().boot);
  settle_batch(true);
  answer_batch();
  if (const auto moved = keeper_->checkpoint_if_long(); !moved) {
    count(reason_of(moved.error()));
    note_failure(moved.error());
  }
}

void SqliteJournal::order(const Now& now) {
  const auto time = std::chrono::floor<std::chrono::milliseconds>(now.wall).time_since_epoch();
  entries_.clear();
  for (Waiting* waiting : current_) {
    auto& append = waiting->append;
    for (std::size_t next = 0; next < append.items().size();) {
      next = sequencer_.order(append, next, time, entries_);
    }
  }
}

// Once for a batch: ordered again after a failed commit it has the same outcomes, and its slots may
// have been given back by then.
void SqliteJournal::make_repeats() {
  texts_.clear();
  for (Waiting* waiting : current_) {
    auto record = waiting->append.repeat();
    waiting->settle = std::move(record.settle);
    const auto items = waiting->append.items();
    const bool has_entry = std::any_of(items.begin(), items.end(), [](const auto& item) {
      return item.outcome.kind == Outcome::Kind::kAppended;
    });
    if (has_entry && !record.text.empty()) texts_.push_back(std::move(record.text));
  }
}

// A commit is one on the disk only: readers get at the log and at the rows between two slices.
void SqliteJournal::show(BootTime now) {
  const std::span<const log::Entry> all = entries_;
  if (const auto begun = keeper_->take_begun(); !begun.empty()) follower_->begin_parts(begun);
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin;
    std::size_t bytes = 0;
    while (end < all.size() && end - begin < log::kMaxSliceEvents && bytes < log::kMaxSliceBytes) {
      bytes += all[end++].block.size();
    }
    follower_->add(all.subspan(begin, end - begin), now);
    begin = end;
  }
  tell_tail();
  follower_->wake();
}

void SqliteJournal::roll_back() {
  sequencer_.restart_counted(keeper_->origin(), keeper_->rows());
  for (Waiting* waiting : current_) waiting->append.forget_judgements();
}

Try<void> SqliteJournal::commit(const Now& now) {
  auto kept = commit_once(now);
  while (!kept && kept.error().kind == FailureKind::kFull) {
    if (!enter(Phase::kMakingRoom)) return kept;
    if (!SSE_TRY(keeper_->make_room()) || !enter(Phase::kOrdering)) return kept;
    tell_tail();
    order(now);
    kept = commit_once(now);
  }
  return kept;
}

// After a failure the order goes on from what is committed.
Try<void> SqliteJournal::commit_once(const Now& now) {
  if (!enter(Phase::kCommitting)) return Failure{FailureKind::kIo, "the hub has stopped"};
  const auto begin = WaitClock::now();
  auto kept = keeper_->commit(entries_, texts_, now);
  note_disk();
  if (kept) {
    note_commit(WaitClock::now() - begin);
    return kept;
  }
  ++failed_commits_;
  count(reason_of(kept.error()));
  enter(Phase::kOrdering);
  roll_back();
  return kept;
}

/// False when everything was answered already, and nothing may be done any more.
bool SqliteJournal::enter(Phase phase) {
  const MutexLock lock(mutex_);
  phase_ = phase;
  changed_.notify_all();
  if (!is_abandoned_) return true;
  phase_ = Phase::kIdle;
  return false;
}

void SqliteJournal::rest() {
  const auto rested = keeper_->rest(clock_.now());
  note_disk();
  tell_in_pause([this] { tell_tail(); });
  if (rested) return;
  count(reason_of(rested.error()));
  note_failure(rested.error());
}

void SqliteJournal::end() {
  {
    const MutexLock lock(mutex_);
    if (is_abandoned_ || state_ == JournalState::kFailed) return;
  }
  if (const auto closed = keeper_->close(); !closed) {
    log_line(LogLevel::kError, "the next start has more to do: " + closed.error().text);
  }
}

}  // namespace sse::journal
