#include "sse/hub/stream_registry.h"

#include <utility>

namespace sse::hub {

StreamRegistry::StreamRegistry(const HubOptions& options, std::size_t loops,
                               std::function<void(unsigned loop)> ask_to_evict)
    : max_streams_(options.max_clients),
      when_full_(options.when_full),
      ask_to_evict_(std::move(ask_to_evict)),
      evicted_(loops),
      peers_(options.max_per_peer) {
}

bool StreamRegistry::admit(Entry& entry, unsigned loop, const std::optional<IpAddress>& peer) {
  std::optional<unsigned> loop_of_oldest;
  {
    MutexLock lock(mutex_);
    if (!peers_.has_place(peer)) return false;
    if (is_full()) {
      if (when_full_ == WhenFull::kReject || oldest_ == nullptr) return false;
      Entry& oldest = *oldest_;
      unlink(oldest);
      oldest.state = Entry::State::kEvicted;
      evicted_[oldest.loop].push_back(&oldest);
      loop_of_oldest = oldest.loop;
    }
    entry.loop = static_cast<std::uint16_t>(loop);
    link(entry);
    peers_.take(&entry, peer);
  }
  if (loop_of_oldest) ask_to_evict_(*loop_of_oldest);
  return true;
}

void StreamRegistry::remove(Entry& entry) {
  MutexLock lock(mutex_);
  if (entry.state == Entry::State::kListed) unlink(entry);
  if (entry.state == Entry::State::kEvicted) std::erase(evicted_[entry.loop], &entry);
  entry.state = Entry::State::kOut;
}

std::vector<const StreamRegistry::Entry*> StreamRegistry::newest(std::size_t most,
                                                                 unsigned loop) const {
  std::vector<const Entry*> entries;
  MutexLock lock(mutex_);
  const Entry* entry = newest_;
  for (std::size_t seen = 0; seen < most && entry != nullptr; ++seen, entry = entry->older) {
    if (entry->loop == loop) entries.push_back(entry);
  }
  return entries;
}

std::vector<StreamRegistry::Entry*> StreamRegistry::take_evicted(unsigned loop) {
  MutexLock lock(mutex_);
  return std::exchange(evicted_[loop], {});
}

std::optional<Refusal> StreamRegistry::refusal(const std::optional<IpAddress>& peer) const {
  if (when_full_ == WhenFull::kReject && is_full()) return Refusal::kFull;
  if (!peer) return std::nullopt;
  const MutexLock lock(mutex_);
  return peers_.has_place(peer) ? std::nullopt : std::optional(Refusal::kPeerFull);
}

void StreamRegistry::link(Entry& entry) {
  entry.older = newest_;
  entry.newer = nullptr;
  (newest_ != nullptr ? newest_->newer : oldest_) = &entry;
  newest_ = &entry;
  entry.state = Entry::State::kListed;
  count_.fetch_add(1, std::memory_order_relaxed);
}

void StreamRegistry::unlink(Entry& entry) {
  (entry.older != nullptr ? entry.older->newer : oldest_) = entry.newer;
  (entry.newer != nullptr ? entry.newer->older : newest_) = entry.older;
  entry.older = entry.newer = nullptr;
  entry.state = Entry::State::kOut;
  peers_.give_back(&entry);
  count_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace sse::hub
