#include "sse/hub/stream_registry.h"

#include <optional>
#include <utility>

namespace sse::hub {

StreamRegistry::StreamRegistry(std::size_t max_streams, WhenFull when_full, std::size_t loops,
                               std::function<void(unsigned loop)> ask_to_evict)
    : max_streams_(max_streams),
      when_full_(when_full),
      ask_to_evict_(std::move(ask_to_evict)),
      evicted_(loops) {
}

bool StreamRegistry::admit(Entry& entry, unsigned loop) {
  std::optional<unsigned> loop_of_oldest;
  {
    MutexLock lock(mutex_);
    if (count() >= max_streams_) {
      if (when_full_ == WhenFull::kReject || oldest_ == nullptr) return false;
      Entry& oldest = *oldest_;
      unlink(oldest);
      oldest.state = Entry::State::kEvicted;
      evicted_[oldest.loop].push_back(&oldest);
      loop_of_oldest = oldest.loop;
    }
    entry.loop = loop;
    link(entry);
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

std::vector<StreamRegistry::Entry*> StreamRegistry::take_evicted(unsigned loop) {
  MutexLock lock(mutex_);
  return std::exchange(evicted_[loop], {});
}

bool StreamRegistry::is_full() const {
  return when_full_ == WhenFull::kReject && count() >= max_streams_;
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
  count_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace sse::hub
