#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/mutex.h"
#include "sse/log/journal.h"
#include "sse/log/sequencer.h"

#include "durable/raw_file.h"

namespace sse::bench {

/// The limit of a durable hub: the same hand-over to one thread, which orders what has gathered,
/// writes its chunks and kept answers to a RawFile (one pwrite(), one fdatasync()), fills the log
/// and answers. It has no transactions, rows, retention, bounds of what waits or timeouts, and
/// cannot be started again. Thread-safe.
class RawJournal final : public log::Journal {
 public:
  RawJournal(RawFile file, const Clock& clock);
  ~RawJournal() override;
  RawJournal(const RawJournal&) = delete;
  RawJournal& operator=(const RawJournal&) = delete;

  /// Where an empty one begins.
  static log::Origin origin();

  Status start(log::Follower& follower) override;
  log::Answered append(log::Append& append, FunctionRef<Done()> later) override
      SSE_EXCLUDES(mutex_);
  bool answers_at_once() const override { return false; }
  /// Waits without a limit.
  void stop(std::chrono::nanoseconds limit) override SSE_EXCLUDES(mutex_);
  log::JournalState state() const override { return log::JournalState::kReady; }

  /// Commits so far. After stop().
  std::uint64_t commits() const { return commits_; }

 private:
  struct Waiting {
    log::Append append;
    Done done;
  };
  using Batch = std::deque<std::unique_ptr<Waiting>>;

  void run() SSE_EXCLUDES(mutex_);
  Batch next_batch() SSE_EXCLUDES(mutex_);
  void keep(Batch& batch);
  Status write(Batch& batch);

  const Clock& clock_;
  log::Follower* follower_ = nullptr;

  // The journal's thread.
  RawFile file_;
  log::Sequencer sequencer_;
  std::vector<log::Entry> entries_;
  std::uint64_t commits_ = 0;

  Mutex mutex_;
  std::condition_variable_any work_;
  Batch queue_ SSE_GUARDED_BY(mutex_);
  bool is_idle_ SSE_GUARDED_BY(mutex_) = false;
  bool is_stopping_ SSE_GUARDED_BY(mutex_) = false;
  std::thread writer_;
};

}  // namespace sse::bench
