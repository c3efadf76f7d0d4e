#include "sse/journal/sqlite_journal.h"

#include <algorithm>
#include <exception>
#include <span>
#include <system_error>
#include <utility>

#include "sse/base/logging.h"
#include "sse/journal/outcomes.h"

namespace sse::journal {
namespace {

using log::Answered;
using log::JournalState;
using log::Outcome;

// Of one commit; a larger append alone.
constexpr std::size_t kBatchBytes = std::size_t{4} << 20U;

bool has_pending(const log::Append& append) {
  const auto items = append.items();
  return std::any_of(items.begin(), items.end(),
                     [](const auto& item) { return item.is_pending(); });
}

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
    : options_(options), clock_(clock), random_(random), sequencer_(options.rows) {
}

Status SqliteJournal::open() {
  auto keeper = Keeper::open(options_, clock_, random_);
  if (!keeper) return error_of(keeper.error());
  keeper_ = *std::move(keeper);
  return {};
}

SqliteJournal::~SqliteJournal() {
  stop(std::chrono::nanoseconds(0));
  if (writer_.joinable()) writer_.join();
  if (finisher_.joinable()) finisher_.join();
  {
    const MutexLock lock(mutex_);
    is_ended_ = true;
    watch_.notify_all();
  }
  if (watcher_.joinable()) watcher_.join();
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
  state_ = JournalState::kReady;
  try {
    writer_ = std::thread([this] { run(); });
    if (options_.journal.commit_timeout.count() > 0) watcher_ = std::thread([this] { watch(); });
  } catch (const std::system_error& failure) {
    return Error{ErrorCode::kIo, std::string("cannot start a thread: ") + failure.what()};
  }
  return {};
}

// ---- any thread

std::optional<Error> SqliteJournal::refusal() const {
  const JournalState state = state_.load();
  if (state == JournalState::kReady) return std::nullopt;
  if (state != JournalState::kFailed) return log::journal_refusal(state);
  return failed_refusal(failure_);
}

std::optional<Error> SqliteJournal::reserve(std::size_t bytes) {
  const MutexLock lock(mutex_);
  if (auto refused = refusal()) return refused;
  if (pending_bytes_ > 0 && pending_bytes_ + bytes > options_.journal.max_pending) {
    count(log::JournalFailure::kRefused);
    return Error{ErrorCode::kUnavailable,
                 "the hub has more events than it can keep at once (--max-pending)"};
  }
  pending_bytes_ += bytes;
  ++arriving_;
  return std::nullopt;
}

Answered SqliteJournal::append(log::Append& append, FunctionRef<Done()> later) {
  if (!has_pending(append)) return Answered::kNow;
  const std::size_t bytes = append.footprint();
  if (const auto refused = reserve(bytes)) {
    append.fail_pending(*refused);
    return Answered::kNow;
  }
  std::unique_ptr<Waiting> waiting;
  try {
    waiting = std::make_unique<Waiting>(
        Waiting{std::move(append), later(), bytes, WaitClock::now(), nullptr, false, false});
  } catch (...) {
    const MutexLock lock(mutex_);
    pending_bytes_ -= bytes;
    --arriving_;
    changed_.notify_all();
    throw;
  }
  put(std::move(waiting));
  return Answered::kLater;
}

void SqliteJournal::put(std::unique_ptr<Waiting> waiting) {
  std::optional<Error> refused;
  {
    const MutexLock lock(mutex_);
    const bool is_lost = is_abandoned_ || state_ == JournalState::kFailed;
    if (!is_lost) {
      queue_.push_back(std::move(waiting));
      --arriving_;
      if (phase_ == Phase::kIdle) work_.notify_one();
      if (watch_sleeps_) watch_.notify_one();
      return;
    }
    refused = state_ == JournalState::kFailed ? refusal() : std::optional(stopped_refusal());
    pending_bytes_ -= waiting->bytes;
  }
  fail_all(waiting->append, *refused);
  waiting->done(std::move(waiting->append));
  const MutexLock lock(mutex_);
  --arriving_;  // stop() has waited for the answer
  changed_.notify_all();
}

// ---- the journal's thread

void SqliteJournal::run() {
  while (true) {
    const Work work = next_work();
    if (work == Work::kEnd) break;
    try {
      do_work(work);
    } catch (const std::exception& failure) {
      // Without memory a commit may have got anywhere; going on would number events that the file
      // has otherwise.
      fail_batch({FailureKind::kSync, keeper_->directory() + ": " + failure.what()});
    }
  }
  refuse_backup();
  end();
}

void SqliteJournal::do_work(Work work) {
  switch (work) {
    case Work::kBatch:
      return keep_batch();
    case Work::kBackup:
      return back_up();
    case Work::kRest:
      return rest();
    case Work::kEnd:
      break;
  }
}

SqliteJournal::Work SqliteJournal::next_work() {
  const MutexLock lock(mutex_);
  while (!is_abandoned_ && !(is_stopping_ && has_all_outcomes())) {
    if (state_ == JournalState::kFailed) {
      if (has_backup_to_do()) return Work::kBackup;
      work_.wait(mutex_);
      continue;
    }
    if (has_backup_to_do() && (queue_.empty() || !std::exchange(has_backed_up_, true))) {
      return Work::kBackup;
    }
    if (!queue_.empty()) {
      has_backed_up_ = false;
      take_batch();
      return Work::kBatch;
    }
    const auto patience = keeper_->rest_after();
    if (patience.count() == 0) return Work::kRest;
    const bool is_quiet = work_.wait_for(mutex_, patience) == std::cv_status::timeout;
    if (is_quiet && queue_.empty()) return Work::kRest;
  }
  return Work::kEnd;
}

void SqliteJournal::take_batch() {
  std::size_t bytes = 0;
  while (!queue_.empty() && (batch_.empty() || bytes + queue_.front()->bytes <= kBatchBytes)) {
    bytes += queue_.front()->bytes;
    current_.push_back(queue_.front().get());
    batch_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  phase_ = Phase::kOrdering;
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
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin;
    std::size_t bytes = 0;
    while (end < all.size() && end - begin < log::kMaxSliceEvents && bytes < log::kMaxSliceBytes) {
      bytes += all[end++].block.size();
    }
    follower_->add(all.subspan(begin, end - begin), now);
    begin = end;
  }
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
  note_counts(WaitClock::now() - begin);
  if (kept) {
    events_ += entries_.size();
    return kept;
  }
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

void SqliteJournal::fail_batch(const Failure& failure) {
  note_failure(failure);
  const Error error = outcome_of(failure);
  {
    const MutexLock lock(mutex_);
    phase_ = Phase::kShowing;  // appends are changed now
  }
  if (!is_final(failure)) settle_batch(false);
  for (Waiting* waiting : current_) fail_all(waiting->append, error);
  answer_batch();
}

// Takes no memory, so that none is marked and goes unanswered; after a throw it goes on.
void SqliteJournal::answer_batch() {
  {
    const MutexLock lock(mutex_);
    for (Waiting* waiting : current_) {
      if (!std::exchange(waiting->is_answered, true)) waiting->is_due = true;
    }
  }
  for (Waiting* waiting : current_) {
    waiting->settle = nullptr;  // before the answer: it may hold a key
    if (std::exchange(waiting->is_due, false)) waiting->done(std::move(waiting->append));
  }
  current_.clear();
  entries_.clear();
  const MutexLock lock(mutex_);
  for (const auto& waiting : batch_) pending_bytes_ -= waiting->bytes;
  batch_.clear();
  phase_ = Phase::kIdle;
  changed_.notify_all();
}

void SqliteJournal::note_failure(const Failure& failure) {
  const bool is_news = !std::exchange(was_failing_, true);
  {
    const MutexLock lock(mutex_);
    if (is_abandoned_ || state_ == JournalState::kFailed) return;
    if (is_final(failure)) {
      state_ = JournalState::kFailed;
      failure_ = failure.text;
    }
  }
  if (is_news) log_line(LogLevel::kError, failure.text);
  if (!is_final(failure)) return;
  log_line(LogLevel::kError,
           "no more events are taken until this hub is started again: what its disk holds is not "
           "known any more; streams go on with what is in memory");
  answer_early(WaitClock::time_point::max(), failed_refusal(failure.text), not_known());
}

void SqliteJournal::rest() {
  const auto rested = keeper_->rest(clock_.now());
  syncs_ = keeper_->syncs();
  disk_bytes_ = keeper_->log_bytes();
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
