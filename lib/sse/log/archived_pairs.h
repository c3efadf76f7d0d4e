#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/mutex.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// Which archived events are the newest of their (type, topic) pair, in the whole log: what a
/// segment has bits for as long as it is in memory. Two bytes an event, and some hundred for each
/// run of 4,096 events that has one. Changed by the log as it grows, so that what an older View
/// finds here is right all the same: a pair whose event has gone has a newer one. Thread-safe.
class SSE_EXPORT ArchivedPairs {
 public:
  /// Adds these, in order.
  void add(std::span<const wire::Sequence> sequences) SSE_EXCLUDES(mutex_);

  /// The event is no longer the newest of its pair.
  void remove(wire::Sequence sequence) SSE_EXCLUDES(mutex_);

  /// Forgets the events before `first`. Returns how many there were.
  std::size_t forget_before(wire::Sequence first) SSE_EXCLUDES(mutex_);

  /// From now on each event up to `last` counts as the newest of its pair, as it is not known which
  /// are. Returns how many were known.
  std::size_t forget_up_to(wire::Sequence last) SSE_EXCLUDES(mutex_);

  /// The first of them in [from, last]; last + 1 when there is none.
  wire::Sequence next(wire::Sequence from, wire::Sequence last) const SSE_EXCLUDES(mutex_);

  /// Memory that they take, about. Lock-free.
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  using Offsets = std::vector<std::uint16_t>;  ///< in a run, ascending
  using Runs = std::map<std::uint64_t, Offsets>;

  static std::size_t bytes_of(const Offsets& offsets);
  std::size_t drop_before(wire::Sequence first) SSE_REQUIRES(mutex_);
  void count_change(std::size_t before, std::size_t after) SSE_REQUIRES(mutex_);

  mutable Mutex mutex_;
  Runs runs_ SSE_GUARDED_BY(mutex_);  ///< none is empty
  wire::Sequence forgotten_ SSE_GUARDED_BY(mutex_) = 0;
  std::atomic<std::size_t> bytes_ = 0;
};

}  // namespace sse::log
