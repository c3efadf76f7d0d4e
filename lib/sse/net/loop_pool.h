#pragma once

/// \file
/// The loop threads: the one place where libsse's server side starts threads.

#include <cstddef>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/net/loop.h"

namespace sse::net {

/// N loops, a thread each. Thread-compatible; operator[] and size() from any thread.
class SSE_EXPORT LoopPool {
 public:
  /// `steps_per_part`: of each turn, see Loop.
  static Result<std::unique_ptr<LoopPool>> open(const Clock& clock, std::size_t count,
                                                std::uint64_t steps_per_part = Loop::kStepsPerPart);
  ~LoopPool();  ///< stops and joins

  /// Makes the threads, which wait for start(): that cannot fail then. Throws std::system_error.
  void prepare();
  /// prepare(), if it was not called, and the loops run. Before that they belong to the caller.
  void start();
  /// Ends every loop after its current turn and joins the threads. Idempotent.
  void stop();

  std::size_t size() const { return loops_.size(); }
  Loop& operator[](std::size_t index) { return *loops_[index]; }

 private:
  explicit LoopPool(std::vector<std::unique_ptr<Loop>> loops);
  void let_run();

  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
  std::latch may_run_{1};
  bool runs_ = false;
};

}  // namespace sse::net
