#include "sse/net/standstill.h"

#include <exception>
#include <string>
#include <utility>

#include "sse/base/logging.h"
#include "sse/net/loop_pool.h"

namespace sse::net {

Standstill::Standstill(LoopPool& loops, const std::function<void(Loop&)>& on_stop)
    : loops_(loops.size()), state_(std::make_shared<State>()) {
  try {
    for (std::size_t i = 0; i < loops.size(); ++i) {
      Loop& loop = loops[i];
      // In a timer, not in the task: what tasks gather is handed over behind the last of them.
      loop.post([&loop, state = state_, on_stop] {
        loop.run_after(std::chrono::nanoseconds(0),
                       [&loop, state, on_stop] { stand(loop, *state, on_stop); });
      });
    }
  } catch (...) {
    release();  // of the loops that were asked
    throw;
  }
}

Standstill::~Standstill() {
  release();
}

/// False: it has thrown, for lack of memory.
bool Standstill::call(const std::function<void(Loop&)>& action, Loop& loop) {
  try {
    if (action) action(loop);
    return true;
  } catch (const std::exception& failure) {
    log_line(LogLevel::kError, std::string("a loop that is to stand still: ") + failure.what());
    return false;
  }
}

void Standstill::stand(Loop& loop, State& state, const std::function<void(Loop&)>& on_stop) {
  {
    const MutexLock lock(state.mutex);
    if (state.is_released) return;
    ++state.inside;
  }
  const bool has_stopped = call(on_stop, loop);
  std::function<void(Loop&)> on_go;
  {
    const MutexLock lock(state.mutex);
    ++state.standing;
    state.has_failed |= !has_stopped;
    state.changed.notify_all();
    while (!state.is_released) state.changed.wait(state.mutex);
    on_go = state.on_go;
  }
  if (on_go) on_go(loop);
  const MutexLock lock(state.mutex);
  --state.inside;
  state.changed.notify_all();
}

bool Standstill::wait(std::chrono::nanoseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  const MutexLock lock(state_->mutex);
  while (state_->standing < loops_) {
    if (state_->changed.wait_until(state_->mutex, until) == std::cv_status::timeout) break;
  }
  return state_->standing == loops_ && !state_->has_failed;
}

void Standstill::release(const std::function<void(Loop&)>& on_go) {
  const MutexLock lock(state_->mutex);
  if (std::exchange(state_->is_released, true)) return;
  state_->on_go = on_go;
  state_->changed.notify_all();
  while (state_->inside > 0) state_->changed.wait(state_->mutex);
}

}  // namespace sse::net
