#include "sse/hub/stream_registry.h"

#include <utility>

#include "sse/base/check.h"

namespace sse::hub {
namespace {

constexpr std::size_t kKib = 1024;

}  // namespace

StreamRegistry::StreamRegistry(const HubOptions& options, std::size_t loops,
                               std::function<void(unsigned loop)> ask_to_evict)
    : max_streams_(options.max_clients),
      when_full_(options.when_full),
      most_filter_kib_(most_filter_bytes(options) / kKib),
      ask_to_evict_(std::move(ask_to_evict)),
      evicted_(loops),
      peers_(options.max_per_peer) {
}

std::variant<StreamPlace, Refusal> StreamRegistry::admit(const std::optional<IpAddress>& peer,
                                                         std::size_t filter_bytes) {
  const auto filter_kib = static_cast<std::uint8_t>((filter_bytes + kKib - 1) / kKib);
  MutexLock lock(mutex_);
  const std::size_t taken = when_full_ == WhenFull::kReject ? count() + places_ : 0;
  if (taken >= max_streams_) return Refusal::kFull;
  if (!peers_.has_place(peer)) return Refusal::kPeerFull;
  if (!has_filter_room(peer, filter_kib)) return Refusal::kFilters;
  PeerGroup& group = peers_.take(peer);
  group.filter_kib += filter_kib;
  filter_kib_ += filter_kib;
  ++places_;
  return StreamPlace(*this, group, filter_kib);
}

bool StreamRegistry::has_filter_room(const std::optional<IpAddress>& peer, std::size_t kib) const {
  if (kib == 0) return true;
  if (filter_kib_ + kib > most_filter_kib_) return false;
  return !peer || peers_.filter_kib(peer) + kib <= most_filter_kib_ / 2;
}

void StreamRegistry::give_back(PeerGroup& peer, std::uint8_t filter_kib) {
  MutexLock lock(mutex_);
  --places_;
  filter_kib_ -= filter_kib;
  peer.filter_kib -= filter_kib;
  peers_.give_back(peer);
}

void StreamRegistry::link(Entry& entry, unsigned loop, StreamPlace place) {
  std::optional<unsigned> loop_to_ask;
  {
    MutexLock lock(mutex_);
    SSE_CHECK(place.registry_ == this);
    peers_.add(entry, *place.peer_);  // may throw; counted before another goes
    loop_to_ask = make_room();
    entry.filter_kib = place.filter_kib_;
    entry.loop_index = static_cast<std::uint16_t>(loop);
    list(entry);
    --places_;
    place.registry_ = nullptr;
  }
  if (loop_to_ask) ask_to_evict_(*loop_to_ask);
}

// The loop of the stream that went for it, if one had to. With kReject none ever has to: places
// and streams together are never more than the limit.
std::optional<unsigned> StreamRegistry::make_room() {
  if (count() < max_streams_) return std::nullopt;
  auto& entry = static_cast<Entry&>(peers_.first_to_go());
  unlist(entry);
  entry.listing = Entry::State::kEvicted;
  evicted_[entry.loop_index].push_back(&entry);
  return entry.loop_index;
}

void StreamRegistry::remove(Entry& entry) {
  MutexLock lock(mutex_);
  if (entry.listing == Entry::State::kListed) unlist(entry);
  if (entry.listing == Entry::State::kEvicted) std::erase(evicted_[entry.loop_index], &entry);
  filter_kib_ -= std::exchange(entry.filter_kib, std::uint8_t{0});
  entry.listing = Entry::State::kOut;
}

bool StreamRegistry::find_peer(const Entry& entry, std::optional<IpAddress>& peer) const {
  MutexLock lock(mutex_);
  if (entry.listing != Entry::State::kListed) return false;
  peer = *entry.peer->address;
  return true;
}

std::vector<const StreamRegistry::Entry*> StreamRegistry::newest(std::size_t most,
                                                                 unsigned loop) const {
  std::vector<const Entry*> entries;
  MutexLock lock(mutex_);
  const Entry* entry = newest_;
  for (std::size_t seen = 0; seen < most && entry != nullptr; ++seen, entry = entry->older) {
    if (entry->loop_index == loop) entries.push_back(entry);
  }
  return entries;
}

StreamRegistry::Places StreamRegistry::places() const {
  Places places;
  MutexLock lock(mutex_);
  places.reserve(count());
  std::size_t before = count();
  for (const Entry* entry = newest_; entry != nullptr; entry = entry->older) {
    places.emplace(entry, --before);
  }
  return places;
}

std::vector<StreamRegistry::Entry*> StreamRegistry::take_evicted(unsigned loop) {
  MutexLock lock(mutex_);
  return std::exchange(evicted_[loop], {});
}

void StreamRegistry::list(Entry& entry) {
  entry.older = newest_;
  entry.newer = nullptr;
  if (newest_ != nullptr) newest_->newer = &entry;
  newest_ = &entry;
  entry.listing = Entry::State::kListed;
  count_.fetch_add(1, std::memory_order_relaxed);
}

void StreamRegistry::unlist(Entry& entry) {
  if (entry.older != nullptr) entry.older->newer = entry.newer;
  (entry.newer != nullptr ? entry.newer->older : newest_) = entry.older;
  entry.older = entry.newer = nullptr;
  entry.listing = Entry::State::kOut;
  entry.peer->filter_kib -= entry.filter_kib;
  peers_.remove(entry);
  count_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace sse::hub
