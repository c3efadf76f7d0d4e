#pragma once

#include <condition_variable>

#include "sse/base/mutex.h"

namespace sse::test {

/// Syncs, or reads, wait in it while it is closed. Thread-safe.
class DiskGate {
 public:
  /// Where one goes through.
  void pass() SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ++held_;
    while (is_closed_ && permits_ == 0) changed_.wait(mutex_);
    if (is_closed_) --permits_;
    --held_;
    changed_.notify_all();
  }

  void close() SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    is_closed_ = true;
  }
  void open() SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    is_closed_ = false;
    changed_.notify_all();
  }

  bool is_held() const SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return held_ > 0;
  }
  /// The one that is held goes on.
  void let_one_pass() SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    ++permits_;
    changed_.notify_all();
    while (permits_ > 0) changed_.wait(mutex_);
  }

 private:
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  bool is_closed_ SSE_GUARDED_BY(mutex_) = false;
  int held_ SSE_GUARDED_BY(mutex_) = 0;
  int permits_ SSE_GUARDED_BY(mutex_) = 0;
};

}  // namespace sse::test
