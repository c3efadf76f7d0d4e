#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "sse/net/loop_pool.h"

namespace sse::serve {

/// Whether every loop still turns: the service manager hears of us only while they all do, so a
/// loop that hangs gets the hub restarted. Thread-compatible; the loops answer on their threads.
class Watchdog {
 public:
  explicit Watchdog(net::LoopPool& loops)
      : loops_(loops), unanswered_(std::make_shared<std::atomic<std::size_t>>(0)) {}

  /// Whether all loops have answered since the last call; asks them again if so. The first call
  /// says yes.
  bool all_loops_turn();

 private:
  net::LoopPool& loops_;
  const std::shared_ptr<std::atomic<std::size_t>>
      unanswered_;  // a loop may answer when this is gone
};

}  // namespace sse::serve
