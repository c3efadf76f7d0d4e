#pragma once

/// \file
/// What one loop counts.

#include <atomic>
#include <cstddef>

#include "sse/base/mutex.h"
#include "sse/hub/counts.h"
#include "sse/log/start.h"

namespace sse::hub {

/// The loop counts without a lock, and publishes its counts when a turn ends. Loop-affine, but for
/// the functions marked.
class LoopCounts {
 public:
  /// What the loop adds to.
  Counts& now() { return now_; }
  /// Makes it visible to read().
  void publish() {
    MutexLock lock(mutex_);
    published_ = now_;
  }

  /// A stream has opened, which begins there.
  void count_opened(const log::Start& start) {
    ++now_.opened;
    if (start.gap) {
      ++now_.gaps[static_cast<std::size_t>(start.gap->reason)];
      now_.missed += start.gap->missed.value_or(0);
    } else if (start.newest_of_each) {
      ++now_.conflated;
    } else if (start.position_asked) {
      ++now_.resumed;
    }
  }

  /// Sequentially consistent with open(): a publisher that sees no stream to wake has appended
  /// before the first view that the stream is fed from.
  void count_open(int change) {
    open_.fetch_add(static_cast<std::size_t>(change), std::memory_order_seq_cst);
  }

  /// The counts when the last turn ended. From any thread.
  Counts read() const {
    MutexLock lock(mutex_);
    return published_;
  }
  /// Streams open now. From any thread.
  std::size_t open() const { return open_.load(std::memory_order_seq_cst); }

 private:
  Counts now_;
  std::atomic<std::size_t> open_ = 0;
  mutable Mutex mutex_;
  Counts published_ SSE_GUARDED_BY(mutex_);
};

}  // namespace sse::hub
