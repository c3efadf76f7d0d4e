#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sse/base/mutex.h"
#include "sse/base/result.h"
#include "sse/log/append.h"
#include "sse/log/journal.h"
#include "sse/wire/event.h"

namespace sse::bench {

/// How much is handed over at once.
struct Load {
  std::size_t in_flight = 1;  ///< appends without an answer
  std::size_t events = 1;     ///< in each of them
  bool has_key = false;       ///< each has an answer that is kept for its repeat
};

struct HandedOver {
  std::uint64_t events = 0;  ///< all of them kept
  double seconds = 0;
  double cpu_seconds = 0;  ///< of the whole process
};

/// Hands events to a journal, from one thread as a loop does, and has as many under way as `load`
/// says. Thread-compatible.
class HandOver {
 public:
  HandOver(log::Journal& journal, const log::EventLimits& limits, const Load& load);

  /// Until `events` were handed over or the time is up; returns when all have their answers. Error:
  /// the first that an event got.
  Result<HandedOver> run(std::uint64_t events, std::chrono::nanoseconds duration);

 private:
  std::size_t take_room(std::size_t least) SSE_EXCLUDES(mutex_);
  void hand_over_one();
  void take(const log::Append& answered) SSE_EXCLUDES(mutex_);

  log::Journal& journal_;
  const log::EventLimits limits_;
  const Load load_;
  const wire::Event event_;
  const std::string kept_answer_;

  Mutex mutex_;
  std::condition_variable_any answered_;
  std::size_t room_ SSE_GUARDED_BY(mutex_);        // appends that may be handed over
  std::size_t wanted_ SSE_GUARDED_BY(mutex_) = 1;  // room that is waited for
  Status outcome_ SSE_GUARDED_BY(mutex_);
};

}  // namespace sse::bench
