#include "sse/net/loop_pool.h"

#include <utility>

namespace sse::net {

Result<std::unique_ptr<LoopPool>> LoopPool::open(const Clock& clock, std::size_t count,
                                                 std::uint64_t steps_per_part) {
  std::vector<std::unique_ptr<Loop>> loops;
  for (std::size_t i = 0; i < count; ++i) {
    loops.push_back(SSE_TRY(Loop::open(clock, static_cast<unsigned>(i), steps_per_part)));
  }
  return std::unique_ptr<LoopPool>(new LoopPool(std::move(loops)));
}

LoopPool::LoopPool(std::vector<std::unique_ptr<Loop>> loops) : loops_(std::move(loops)) {
}

LoopPool::~LoopPool() {
  stop();
}

void LoopPool::prepare() {
  threads_.reserve(loops_.size());
  while (threads_.size() < loops_.size()) {
    threads_.emplace_back([this, loop = loops_[threads_.size()].get()] {
      may_run_.wait();
      loop->run();
    });
  }
}

void LoopPool::start() {
  prepare();
  let_run();
}

void LoopPool::let_run() {
  if (!std::exchange(runs_, true)) may_run_.count_down();
}

void LoopPool::stop() {
  for (auto& loop : loops_) loop->stop();
  let_run();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace sse::net
