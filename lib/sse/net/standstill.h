#pragma once

/// \file
/// All loops of a pool stand still at once, so that one thread may act for all of them.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>

#include "sse/base/export.h"
#include "sse/base/mutex.h"

namespace sse::net {

class Loop;
class LoopPool;

/// Each loop stops between two callbacks of a turn, and what it has gathered is handed over before.
/// Nothing is read, written, accepted or published by a loop while it stands: what comes waits in
/// the kernel. Thread-compatible: for one thread, which is none of the loops'.
class SSE_EXPORT Standstill {
 public:
  /// Asks the loops to stop; `on_stop` runs on each one's thread when it does, and may throw.
  /// `loops` outlives it.
  Standstill(LoopPool& loops, const std::function<void(Loop&)>& on_stop);
  /// release(), if it was not called.
  ~Standstill();
  Standstill(const Standstill&) = delete;
  Standstill& operator=(const Standstill&) = delete;

  /// Whether all loops stand within this time, and `on_stop` has not thrown on any.
  bool wait(std::chrono::nanoseconds limit);

  /// The loops go on; `on_go` runs on each one's thread before anything else does there. Returns
  /// when it has run on all that stood.
  void release(const std::function<void(Loop&)>& on_go = nullptr);

 private:
  /// Shared with the loops, which may come to their stop late.
  struct State {
    Mutex mutex;
    std::condition_variable_any changed;
    std::size_t inside SSE_GUARDED_BY(mutex) = 0;  // loops in stand()
    std::size_t standing SSE_GUARDED_BY(mutex) = 0;
    bool has_failed SSE_GUARDED_BY(mutex) = false;  // on_stop, of one of them
    bool is_released SSE_GUARDED_BY(mutex) = false;
    std::function<void(Loop&)> on_go SSE_GUARDED_BY(mutex);
  };
  static bool call(const std::function<void(Loop&)>& action, Loop& loop);
  static void stand(Loop& loop, State& state, const std::function<void(Loop&)>& on_stop);

  const std::size_t loops_;
  const std::shared_ptr<State> state_;
};

}  // namespace sse::net
