#pragma once

/// \file
/// The one place that counts streams and knows which is the oldest.

#include <atomic>
#include <cstddef>
#include <functional>
#include <vector>

#include "sse/base/mutex.h"
#include "sse/hub/options.h"

namespace sse::hub {

class Subscriber;

/// All streams in the order in which they opened, over all loops. When there is no room the oldest
/// is taken off at once, so that the count never passes the limit, and the loop that owns it is
/// asked to close it. Thread-safe.
class StreamRegistry {
 public:
  /// A stream's place, embedded in it. Owned by the stream's loop; guarded by the registry's mutex.
  struct Entry {
    Subscriber* subscriber = nullptr;  ///< whose it is
    Entry* older = nullptr;
    Entry* newer = nullptr;
    unsigned loop = 0;
    enum class State : unsigned char { kOut, kListed, kEvicted } state = State::kOut;
  };

  /// `ask_to_evict(loop)` makes that loop call take_evicted() soon; called on any thread, without a
  /// lock.
  StreamRegistry(std::size_t max_streams, WhenFull when_full, std::size_t loops,
                 std::function<void(unsigned loop)> ask_to_evict);

  /// Gives `entry` a place as the newest; false when there is none and the policy is to reject.
  bool admit(Entry& entry, unsigned loop);

  /// The stream ends. Also for one that is about to be evicted.
  void remove(Entry& entry);

  /// The streams of `loop` that were taken off to make room since the last call.
  std::vector<Entry*> take_evicted(unsigned loop);

  /// Whether admit() would refuse now.
  bool is_full() const;
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  void link(Entry& entry) SSE_REQUIRES(mutex_);
  void unlink(Entry& entry) SSE_REQUIRES(mutex_);

  const std::size_t max_streams_;
  const WhenFull when_full_;
  const std::function<void(unsigned loop)> ask_to_evict_;
  std::atomic<std::size_t> count_ = 0;  // written under mutex_

  Mutex mutex_;
  Entry* oldest_ SSE_GUARDED_BY(mutex_) = nullptr;
  Entry* newest_ SSE_GUARDED_BY(mutex_) = nullptr;
  std::vector<std::vector<Entry*>> evicted_ SSE_GUARDED_BY(mutex_);  // by loop
};

}  // namespace sse::hub
