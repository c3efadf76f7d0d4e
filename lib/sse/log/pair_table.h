#pragma once

/// \file
/// Which event is the newest of each (type, topic) pair.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sse/base/later.h"
#include "sse/log/name_key.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// A hash table from a pair to the sequence of its newest event: 21 to 32 bytes a pair. The texts
/// are in the log, so the caller compares them as long as they are in memory. Nothing is erased: an
/// entry below the oldest sequence that counts is stale, is written over, and goes when its shard
/// is rebuilt. A shard holds 1/64 of the pairs, so that no append waits for the whole table to
/// grow. Thread-compatible.
class PairTable {
 public:
  /// Whether the event at this sequence is of the pair that is looked up.
  using IsOfPair = FunctionRef<bool(wire::Sequence)>;

  /// Of the hashes of both names, which are keyed.
  static std::uint64_t hash_of(const NameKey& type, const NameKey& topic) {
    constexpr std::uint64_t kSpread = 0x9e37'79b9'7f4a'7c15;
    return type.hash * kSpread + topic.hash;
  }

  /// How many bytes prepare() adds at most, while it copies.
  std::size_t growth(std::uint64_t hash) const {
    const Shard& shard = shard_of(hash);
    return is_full(shard) ? slots_for(shard.used) * sizeof(Slot) : 0;
  }

  /// Makes room for one pair of this hash. `oldest`: entries below it are stale.
  void prepare(std::uint64_t hash, wire::Sequence oldest) {
    if (Shard& shard = shard_of(hash); is_full(shard)) {
      remake(shard, pairs_in(shard, oldest), oldest);
    }
  }

  /// Makes `sequence` the newest of its pair. Returns the newest one before, if it is not stale; 0
  /// for a new pair. REQUIRES: prepare() was called for it.
  wire::Sequence replace(std::uint64_t hash, wire::Sequence sequence, wire::Sequence oldest,
                         IsOfPair is_of_pair);

  /// Gives back memory that stale entries hold, in one shard a call.
  void sweep(wire::Sequence oldest);
  /// The same in all of them.
  void sweep_all(wire::Sequence oldest);

  void clear();

  std::size_t bytes() const { return slots_ * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t hash;
    wire::Sequence sequence;  // 0: free
  };
  struct Shard {
    std::vector<Slot> slots;  ///< probed in a row, at most three quarters full
    std::size_t used = 0;     ///< stale ones too
  };

  static constexpr std::size_t kShards = 64;
  static constexpr std::size_t kFewestSlots = 8;

  static bool is_full(const Shard& shard) { return 4 * (shard.used + 1) > 3 * shard.slots.size(); }
  static std::size_t slots_for(std::size_t pairs);
  static std::size_t pairs_in(const Shard& shard, wire::Sequence oldest);
  Shard& shard_of(std::uint64_t hash) { return shards_[hash % kShards]; }
  const Shard& shard_of(std::uint64_t hash) const { return shards_[hash % kShards]; }
  void remake(Shard& shard, std::size_t pairs, wire::Sequence oldest);

  std::array<Shard, kShards> shards_;
  std::size_t slots_ = 0;       ///< of all shards
  std::size_t next_sweep_ = 0;  ///< a shard
};

}  // namespace sse::log
