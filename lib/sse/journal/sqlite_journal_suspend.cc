// The directory goes to another process, or comes back from one that has not gone on with it.

#include <chrono>
#include <exception>
#include <functional>
#include <optional>
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

/// Ends a read-back that none waits for any more.
class Stopped : public std::exception {
 public:
  const char* what() const noexcept override { return "the hub has stopped"; }
};

/// Of a directory that is read again: its events and rows are in memory. The journal's own follower
/// may have gone when it is read, so that is asked for nothing.
class TailFollower final : public log::Follower {
 public:
  explicit TailFollower(const KeyedHash& hash) : hash_(hash) {}

  const std::optional<log::Tail>& tail() const { return tail_; }

  KeyedHash name_hash() const override { return hash_; }
  void load(const log::Origin& /*origin*/, std::span<const log::KeptRow> /*rows*/) override {}
  void move_tail(const log::Tail& tail) override { tail_ = tail; }
  void add(std::span<const log::Entry> /*entries*/, BootTime /*now*/) override {}
  void restart(const log::Origin& /*origin*/, std::span<const log::KeptRow> /*rows*/,
               std::string_view /*why*/) override {}
  void wake() override {}

 private:
  const KeyedHash hash_;
  std::optional<log::Tail> tail_;
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
    work_.notify_all();  // what would wait for more does not now
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
  return run_threads([this, hash = follower_->name_hash()] {
    if (come_back(hash)) run();
  });
}

/// False when the journal has stopped, or failed.
bool SqliteJournal::come_back(const KeyedHash& hash) {
  try {
    while (const auto again = reopen(hash)) {
      const MutexLock lock(mutex_);
      if (!is_stopping_) work_.wait_for(mutex_, *again);
    }
  } catch (const Stopped&) {
    keeper_.reset();  // no run was begun in it
    return false;
  } catch (const std::exception& failure) {
    keeper_.reset();
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
std::optional<std::chrono::milliseconds> SqliteJournal::reopen(const KeyedHash& hash) {
  check_still_wanted();
  auto options = options_;
  options.journal.on_progress = [this](const LoadProgress&) { check_still_wanted(); };
  auto opened = Keeper::open(options, clock_, random_);
  if (!opened) return rest_after(opened.error());
  keeper_ = *std::move(opened);
  TailFollower follower(hash);
  if (const auto loaded = keeper_->load(follower); !loaded) {
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
  if (const auto& tail = follower.tail()) tell_in_pause([&] { follower_->move_tail(*tail); });
  if (was_away_long_) log_line(LogLevel::kInfo, options_.journal.directory + " is here again");
  was_away_long_ = false;
  return std::nullopt;
}

void SqliteJournal::check_still_wanted() {
  const MutexLock lock(mutex_);
  if (is_stopping_) throw Stopped();
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
    is_suspended_ = false;  // what waits to be read is told that it never will be
  }
  log_line(LogLevel::kError, text + "; no more events are taken until this hub is started again");
  return std::nullopt;
}

}  // namespace sse::journal
