#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/mutex.h"
#include "sse/log/carried_log.h"
#include "sse/log/entry.h"
#include "sse/log/journal.h"
#include "sse/log/row_ledger.h"
#include "sse/log/sequencer.h"

namespace sse::log {

/// The order of a hub that keeps nothing over a restart: no thread, no queue, every outcome at
/// once. A large append is ordered in slices, so that others get the lock in between; their events
/// may stand between its own. Thread-safe.
class SSE_EXPORT MemoryJournal final : public Journal {
 public:
  struct Options {
    wire::Epoch epoch = 0;  ///< names this life of the log; random where it matters
    RowLimits rows;
  };

  MemoryJournal(const Options& options, const Clock& clock);

  /// start() begins with this log of another process. Before it.
  void carry(CarriedLog log) { carried_ = std::move(log); }

  /// Error: kInvalid, what it was to begin with is damaged.
  Status start(Follower& follower) override SSE_EXCLUDES(mutex_);
  Answered append(Append& append, FunctionRef<Done()> later) override SSE_EXCLUDES(mutex_);
  bool answers_at_once() const override { return true; }
  void stop(std::chrono::nanoseconds limit) override SSE_EXCLUDES(mutex_);
  Status suspend(std::chrono::nanoseconds limit) override SSE_EXCLUDES(mutex_);
  Status resume() override SSE_EXCLUDES(mutex_);
  JournalState state() const override { return state_.load(); }

 private:
  Status load(CarriedLog log, Follower& follower) SSE_REQUIRES(mutex_);

  /// Orders a slice from item `from` on, and tells the follower of it; the index of the next one.
  std::size_t order_slice(Append& append, std::size_t from) SSE_EXCLUDES(mutex_);
  void wake_follower() SSE_EXCLUDES(mutex_) { follower_->wake(); }
  void fail(Append& append, std::size_t from) SSE_REQUIRES(mutex_);

  const wire::Epoch epoch_;
  const Clock& clock_;
  std::optional<CarriedLog> carried_;  // until start()
  Follower* follower_ = nullptr;       // constant after start()
  std::atomic<JournalState> state_ = JournalState::kNew;

  Mutex mutex_;
  Sequencer sequencer_ SSE_GUARDED_BY(mutex_);
  std::vector<Entry> entries_ SSE_GUARDED_BY(mutex_);  // of a slice; keeps its memory
};

}  // namespace sse::log
