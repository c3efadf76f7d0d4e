#include "sse/log/pair_table.h"

#include <algorithm>

namespace sse::log {
namespace {

// The high bits choose the slot, the low ones the shard.
std::size_t first_slot(std::uint64_t hash, std::size_t slots) {
  return static_cast<std::size_t>(((hash >> 32U) * slots) >> 32U);
}

}  // namespace

// After a shard is rebuilt, half of it is free: it has room for half as many pairs again.
std::size_t PairTable::slots_for(std::size_t pairs) {
  return std::max(kFewestSlots, 2 * (pairs + 1));
}

wire::Sequence PairTable::replace(std::uint64_t hash, wire::Sequence sequence,
                                  wire::Sequence oldest, IsOfPair is_of_pair) {
  Shard& shard = shard_of(hash);
  const std::size_t slots = shard.slots.size();
  Slot* stale = nullptr;
  std::size_t at = first_slot(hash, slots);
  for (; shard.slots[at].sequence != 0; at = at + 1 == slots ? 0 : at + 1) {
    Slot& slot = shard.slots[at];
    const wire::Sequence newest = slot.sequence;
    if (newest < oldest) {
      if (stale == nullptr) stale = &slot;
    } else if (slot.hash == hash && is_of_pair(newest)) {
      slot.sequence = sequence;
      return newest;
    }
  }
  if (stale == nullptr) {
    stale = &shard.slots[at];
    ++shard.used;
  }
  *stale = {hash, sequence};
  return 0;
}

std::size_t PairTable::pairs_in(const Shard& shard, wire::Sequence oldest) {
  const auto is_kept = [oldest](const Slot& slot) { return slot.sequence >= oldest; };
  return static_cast<std::size_t>(std::count_if(shard.slots.begin(), shard.slots.end(), is_kept));
}

void PairTable::remake(Shard& shard, std::size_t pairs, wire::Sequence oldest) {
  std::vector<Slot> slots(slots_for(pairs));
  for (const Slot& slot : shard.slots) {
    if (slot.sequence < oldest) continue;
    std::size_t at = first_slot(slot.hash, slots.size());
    while (slots[at].sequence != 0) at = at + 1 == slots.size() ? 0 : at + 1;
    slots[at] = slot;
  }
  slots_ = slots_ - shard.slots.size() + slots.size();
  shard.slots = std::move(slots);
  shard.used = pairs;
}

void PairTable::sweep(wire::Sequence oldest) {
  Shard& shard = shards_[next_sweep_++ % kShards];
  const std::size_t pairs = pairs_in(shard, oldest);
  if (shard.slots.size() > 2 * slots_for(pairs)) remake(shard, pairs, oldest);
}

void PairTable::sweep_all(wire::Sequence oldest) {
  for (std::size_t shard = 0; shard < kShards; ++shard) sweep(oldest);
}

void PairTable::clear() {
  for (Shard& shard : shards_) shard = {};
  slots_ = 0;
}

}  // namespace sse::log
