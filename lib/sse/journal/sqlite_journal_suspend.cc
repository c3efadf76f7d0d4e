// The directory goes to another process, or comes back from one that has not gone on with it.

#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "sse/base/logging.h"
#include "sse/journal/sqlite_journal.h"

namespace sse::journal {
namespace {

using log::JournalState;

// A process that was killed holds its lock until the kernel has taken it apart.
constexpr std::chrono::seconds kLockPatience{10};
constexpr std::chrono::milliseconds kLockPause{10};

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

Status SqliteJournal::run_threads() {
  try {
    writer_ = std::thread([this] { run(); });
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
    state_ = JournalState::kStopped;
    const auto is_over = [this]()
                             SSE_REQUIRES(mutex_) { return has_all_outcomes() && answering_ == 0; };
    while (!is_over() && WaitClock::now() < until) changed_.wait_until(mutex_, until);
    if (!is_over() || state_ == JournalState::kFailed) {
      auto stopped = JournalState::kStopped;
      state_.compare_exchange_strong(stopped, JournalState::kReady);
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

Status SqliteJournal::resume() {
  auto opened = reopen();
  if (!opened) return fail_to_resume(opened.error().text);
  keeper_ = *std::move(opened);
  TailFollower tail(*follower_);
  const auto loaded = keeper_->load(tail);
  if (!loaded) return fail_to_resume(loaded.error().text);
  keeper_->take_repeats();  // what is known of requests is in memory
  const bool is_same =
      keeper_->origin().head == sequencer_.head() && keeper_->origin().epoch == sequencer_.epoch();
  if (!is_same) return fail_to_resume("another process has written there");
  sequencer_.restart_counted(keeper_->origin(), keeper_->rows());
  {
    const MutexLock lock(mutex_);
    is_stopping_ = is_ended_ = is_suspended_ = false;
    takes_reads_ = true;
  }
  state_ = JournalState::kReady;
  return run_threads();
}

Result<std::unique_ptr<Keeper>> SqliteJournal::reopen() {
  for (const auto until = WaitClock::now() + kLockPatience;;) {
    auto opened = Keeper::open(options_, clock_, random_);
    if (opened) return *std::move(opened);
    if (opened.error().kind != FailureKind::kBusy || WaitClock::now() >= until) {
      return error_of(opened.error());
    }
    std::this_thread::sleep_for(kLockPause);
  }
}

Status SqliteJournal::fail_to_resume(const std::string& why) {
  const std::string text = options_.journal.directory + " cannot be used again: " + why;
  {
    const MutexLock lock(mutex_);
    state_ = JournalState::kFailed;
    failure_ = text;
  }
  log_line(LogLevel::kError, text + "; no more events are taken until this hub is started again");
  return Error{ErrorCode::kUnavailable, text};
}

}  // namespace sse::journal
