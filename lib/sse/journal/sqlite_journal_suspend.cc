// The directory goes to another process, or comes back from one that has not gone on with it.

#include <chrono>
#include <exception>
#include <functional>
#include <system_error>
#include <thread>
#include <utility>

#include "sse/base/logging.h"
#include "sse/journal/sqlite_journal.h"

namespace sse::journal {
namespace {

using log::JournalState;

// A process that was killed holds its lock until the kernel has taken it apart; one that loads ends
// soon.
constexpr std::chrono::milliseconds kLockPause{10};
constexpr std::chrono::milliseconds kDiskPause{1'000};

/// Of a directory that is read again: its events and rows are in memory.
class TailFollower final : public log::Follower {
 public:
  explicit TailFollower(log::Follower& follower) : follower_(follower) {}

  KeyedHash name_hash() const override { return follower_.name_hash(); }
  void load(const log::Origin& /*origin*/, std::span<const log::KeptRow> /*rows*/) override {}
  void move_tail(const log::Tail& tail) override { follower_.move_tail(tail); }
  void add(std::span<const log::Entry> /*entries*/, BootTime /*now*/) override {}
  void restart(const log::Origin& /*origin*/, std::span<const log::KeptRow> /*rows*/,
               std::string_view /*why*/) override {}
  void wake() override {}

 private:
  log::Follower& follower_;
};

}  // namespace

Status SqliteJournal::run_threads(std::function<void()> write) {
  try {
    writer_ = std::thread(std::move(write));
    if (options_.journal.commit_timeout.count() > 0) watcher_ = std::thread([this] { watch(); });
  } catch (const std::system_error& failure) {
    return Error{ErrorCode::kIo, std::string("cannot start a thread: ") + failure.what()};
  }
  return {};
}

void SqliteJournal::join_threads() {
  if (writer_.joinable()) writer_.join();
  if (finisher_.joinable()) finisher_.join();
  {
    const MutexLock lock(mutex_);
    is_ended_ = true;
    watch_.notify_all();
  }
  if (watcher_.joinable()) watcher_.join();
}

// As stop(), but what has no outcome in time is not given up.
Status SqliteJournal::suspend(std::chrono::nanoseconds limit) {
  const auto until = WaitClock::now() + std::chrono::duration_cast<WaitClock::duration>(limit);
  {
    const MutexLock lock(mutex_);
    if (const auto refused = refusal()) return *refused;
    // Its end may take minutes, on a thread that is waited for.
    if (backup_done_) return Error{ErrorCode::kUnavailable, "a backup is being made"};
    state_ = JournalState::kAway;
    const auto is_over = [this]()
                             SSE_REQUIRES(mutex_) { return has_all_outcomes() && answering_ == 0; };
    while (!is_over() && WaitClock::now() < until) changed_.wait_until(mutex_, until);
    if (!is_over() || state_ == JournalState::kFailed) {
      auto away = JournalState::kAway;
      state_.compare_exchange_strong(away, JournalState::kReady);
      return Error{ErrorCode::kUnavailable, "the disk takes too long, or has failed"};
    }
    is_stopping_ = is_suspended_ = true;
    work_.notify_all();
    while (is_telling_) changed_.wait(mutex_);
  }
  join_threads();
  keeper_.reset();  // run() has closed it; this gives the lock up
  return {};
}

// Opening it, and reading it back, takes the time it takes, and the other process may still have
// it: the journal's thread does that, and nothing waits for it.
Status SqliteJournal::resume() {
  {
    const MutexLock lock(mutex_);
    if (const JournalState state = state_; state != JournalState::kAway) {
      return log::journal_refusal(state);
    }
    is_stopping_ = is_ended_ = false;
  }
  return run_threads([this] {
    if (come_back()) run();
  });
}

/// False when the journal has stopped, or failed.
bool SqliteJournal::come_back() {
  try {
    while (const auto again = reopen()) {
      const MutexLock lock(mutex_);
      if (!is_stopping_) work_.wait_for(mutex_, *again);
      if (is_stopping_) return false;
    }
  } catch (const std::exception& failure) {
    fail_to_resume(failure.what());
  }
  const MutexLock lock(mutex_);
  auto away = JournalState::kAway;
  if (state_ == JournalState::kFailed) return false;
  is_suspended_ = false;
  takes_reads_ = !is_stopping_;
  state_.compare_exchange_strong(away, JournalState::kReady);
  return true;
}

/// How long to wait before it is tried again; nullopt: it is open, or never will be.
std::optional<std::chrono::milliseconds> SqliteJournal::reopen() {
  auto opened = Keeper::open(options_, clock_, random_);
  if (!opened) return rest_after(opened.error());
  keeper_ = *std::move(opened);
  TailFollower tail(*follower_);
  if (const auto loaded = keeper_->load(tail); !loaded) {
    keeper_.reset();
    return rest_after(loaded.error());
  }
  keeper_->take_repeats();  // what is known of requests is in memory
  const bool is_same = wire::is_same_place(keeper_->origin().head, sequencer_.head()) &&
                       keeper_->origin().epoch == sequencer_.epoch();
  if (!is_same) {
    keeper_.reset();
    return fail_to_resume("another process has written there");
  }
  sequencer_.restart_counted(keeper_->origin(), keeper_->rows());
  if (was_away_long_) log_line(LogLevel::kInfo, options_.journal.directory + " is here again");
  was_away_long_ = false;
  return std::nullopt;
}

/// A disk may work again, and a process that has the lock end. What is damaged stays so.
std::optional<std::chrono::milliseconds> SqliteJournal::rest_after(const Failure& failure) {
  const bool is_final =
      failure.kind == FailureKind::kDamaged || failure.kind == FailureKind::kNewer;
  if (is_final) return fail_to_resume(failure.text);
  if (!std::exchange(was_away_long_, true)) {
    log_line(LogLevel::kWarning,
             failure.text + "; it is tried again, and no events are taken until then");
  }
  return failure.kind == FailureKind::kBusy ? kLockPause : kDiskPause;
}

std::nullopt_t SqliteJournal::fail_to_resume(const std::string& why) {
  const std::string text = options_.journal.directory + " cannot be used again: " + why;
  {
    const MutexLock lock(mutex_);
    state_ = JournalState::kFailed;
    failure_ = text;
  }
  log_line(LogLevel::kError, text + "; no more events are taken until this hub is started again");
  return std::nullopt;
}

}  // namespace sse::journal
