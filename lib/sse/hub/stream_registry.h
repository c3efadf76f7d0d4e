#pragma once

/// \file
/// The one place that counts streams and knows which is the oldest.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sse/base/mutex.h"
#include "sse/hub/counts.h"
#include "sse/hub/options.h"
#include "sse/hub/peer_places.h"

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
    std::uint32_t opened = 0;  ///< seconds since boot; set by the loop before admit()
    std::uint16_t loop = 0;
    enum class State : std::uint8_t { kOut, kListed, kEvicted } state = State::kOut;
  };

  /// `ask_to_evict(loop)` makes that loop call take_evicted() soon; called on any thread, without a
  /// lock.
  StreamRegistry(const HubOptions& options, std::size_t loops,
                 std::function<void(unsigned loop)> ask_to_evict);

  /// Gives `entry` a place as the newest; false when refusal() says why not.
  bool admit(Entry& entry, unsigned loop, const std::optional<IpAddress>& peer = std::nullopt);

  /// The stream ends. Also for one that is about to be evicted.
  void remove(Entry& entry);

  /// Those of the `most` newest streams, over all loops, that are on `loop`, newest first. On that
  /// loop's thread, where they cannot go away meanwhile.
  std::vector<const Entry*> newest(std::size_t most, unsigned loop) const;

  /// The streams of `loop` that were taken off to make room since the last call.
  std::vector<Entry*> take_evicted(unsigned loop);

  /// Why admit() would refuse now. A full registry that makes room refuses nobody; a peer that has
  /// all its places is refused, and never makes another's stream go.
  std::optional<Refusal> refusal(const std::optional<IpAddress>& peer = std::nullopt) const;
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  bool is_full() const { return count() >= max_streams_; }
  void link(Entry& entry) SSE_REQUIRES(mutex_);
  void unlink(Entry& entry) SSE_REQUIRES(mutex_);

  const std::size_t max_streams_;
  const WhenFull when_full_;
  const std::function<void(unsigned loop)> ask_to_evict_;
  std::atomic<std::size_t> count_ = 0;  // written under mutex_

  mutable Mutex mutex_;
  Entry* oldest_ SSE_GUARDED_BY(mutex_) = nullptr;
  Entry* newest_ SSE_GUARDED_BY(mutex_) = nullptr;
  std::vector<std::vector<Entry*>> evicted_ SSE_GUARDED_BY(mutex_);  // by loop
  PeerPlaces peers_ SSE_GUARDED_BY(mutex_);
};

}  // namespace sse::hub
