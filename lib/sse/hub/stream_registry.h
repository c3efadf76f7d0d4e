#pragma once

/// \file
/// The one place that counts streams and knows which goes when there are too many.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "sse/base/mutex.h"
#include "sse/hub/counts.h"
#include "sse/hub/options.h"
#include "sse/hub/peer_quota.h"
#include "sse/hub/stream_place.h"

namespace sse::hub {

class Subscriber;

/// All streams in the order in which they opened, over all loops, and how many places are promised
/// to streams that do not exist yet. When there is no room for a stream that opens, the oldest
/// stream of the address that holds most is taken off at once, so that the count never passes the
/// limit, and the loop that owns it is asked to close it. So an address that opens more and more
/// only ends its own. Thread-safe.
class StreamRegistry {
 public:
  /// A stream's entry: a Subscriber is one. Owned by the stream's loop; guarded by the registry's
  /// mutex.
  struct Entry : PeerMember {
    Entry* older = nullptr;
    Entry* newer = nullptr;
    std::uint32_t opened = 0;  ///< seconds since boot; set by the loop before link()
    std::uint16_t loop_index = 0;
    enum class State : std::uint8_t { kOut, kListed, kEvicted } listing = State::kOut;
    std::uint8_t filter_kib = 0;  ///< what its filter takes, rounded up
  };

  /// `ask_to_evict(loop)` makes that loop call take_evicted() soon; called on any thread, without a
  /// lock.
  StreamRegistry(const HubOptions& options, std::size_t loops,
                 std::function<void(unsigned loop)> ask_to_evict);

  /// A place for a stream of this peer, or why there is none. A full registry that makes room
  /// refuses only where no stream may be at all; a peer that has all its places is refused, and
  /// never makes another's stream go.
  /// `filter_bytes`: what the stream's filter takes, which counts until the stream is removed.
  std::variant<StreamPlace, Refusal> admit(const std::optional<IpAddress>& peer = std::nullopt,
                                           std::size_t filter_bytes = 0);

  /// The stream that the place was for is there: lists `entry` as the newest. Evicts another, as
  /// above, when there is no other room.
  void link(Entry& entry, unsigned loop, StreamPlace place);

  /// The stream ends. Also for one that is about to be evicted.
  void remove(Entry& entry);

  /// Whose share a stream counts against. False: it is not listed, and about to be closed.
  bool find_peer(const Entry& entry, std::optional<IpAddress>& peer) const;

  /// Those of the `most` newest streams, over all loops, that are on `loop`, newest first. On that
  /// loop's thread, where they cannot go away meanwhile.
  std::vector<const Entry*> newest(std::size_t most, unsigned loop) const;

  /// Of each stream that is listed how many of the others opened before it.
  using Places = std::unordered_map<const Entry*, std::size_t>;
  Places places() const;

  /// The streams of `loop` that were taken off to make room since the last call.
  std::vector<Entry*> take_evicted(unsigned loop);

  /// Streams that are listed; places that wait for theirs are not.
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  friend class StreamPlace;

  void give_back(PeerGroup& peer, std::uint8_t filter_kib);
  bool has_filter_room(const std::optional<IpAddress>& peer, std::size_t kib) const
      SSE_REQUIRES(mutex_);
  std::optional<unsigned> make_room() SSE_REQUIRES(mutex_);
  void list(Entry& entry) SSE_REQUIRES(mutex_);
  void unlist(Entry& entry) SSE_REQUIRES(mutex_);

  const std::size_t max_streams_;
  const WhenFull when_full_;
  const std::size_t most_filter_kib_;
  const std::function<void(unsigned loop)> ask_to_evict_;
  std::atomic<std::size_t> count_ = 0;  // written under mutex_

  mutable Mutex mutex_;
  std::size_t places_ SSE_GUARDED_BY(mutex_) = 0;      // given, and neither used nor given back
  std::size_t filter_kib_ SSE_GUARDED_BY(mutex_) = 0;  // of places and streams
  Entry* newest_ SSE_GUARDED_BY(mutex_) = nullptr;
  std::vector<std::vector<Entry*>> evicted_ SSE_GUARDED_BY(mutex_);  // by loop
  PeerQuota peers_ SSE_GUARDED_BY(mutex_);
};

}  // namespace sse::hub
