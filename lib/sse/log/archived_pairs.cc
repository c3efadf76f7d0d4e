#include "sse/log/archived_pairs.h"

#include <algorithm>
#include <iterator>

namespace sse::log {
namespace {

constexpr std::uint64_t kRunEvents = 4096;

// A node of the map with its vector, and the headers of two allocations.
constexpr std::size_t kRunBytes = 96;

std::uint64_t run_of(wire::Sequence sequence) {
  return sequence / kRunEvents;
}

std::uint16_t offset_in_run(wire::Sequence sequence) {
  return static_cast<std::uint16_t>(sequence % kRunEvents);
}

}  // namespace

std::size_t ArchivedPairs::bytes_of(const Offsets& offsets) {
  return kRunBytes + offsets.capacity() * sizeof(offsets[0]);
}

void ArchivedPairs::count_change(std::size_t before, std::size_t after) {
  bytes_.store(bytes_.load(std::memory_order_relaxed) - before + after, std::memory_order_relaxed);
}

void ArchivedPairs::add(std::span<const wire::Sequence> sequences) {
  const MutexLock lock(mutex_);
  for (const wire::Sequence sequence : sequences) {
    const auto [run, is_new] = runs_.try_emplace(run_of(sequence));
    Offsets& offsets = run->second;
    const std::size_t before = is_new ? 0 : bytes_of(offsets);
    const std::uint16_t offset = offset_in_run(sequence);
    const auto place = std::lower_bound(offsets.begin(), offsets.end(), offset);
    if (place == offsets.end() || *place != offset) offsets.insert(place, offset);
    count_change(before, bytes_of(offsets));
  }
}

void ArchivedPairs::remove(wire::Sequence sequence) {
  const MutexLock lock(mutex_);
  const auto run = runs_.find(run_of(sequence));
  if (run == runs_.end()) return;
  Offsets& offsets = run->second;
  const std::uint16_t offset = offset_in_run(sequence);
  const auto place = std::lower_bound(offsets.begin(), offsets.end(), offset);
  if (place == offsets.end() || *place != offset) return;
  const std::size_t before = bytes_of(offsets);
  offsets.erase(place);
  if (offsets.empty()) {
    runs_.erase(run);
    return count_change(before, 0);
  }
  if (4 * offsets.size() < offsets.capacity()) offsets.shrink_to_fit();
  count_change(before, bytes_of(offsets));
}

std::size_t ArchivedPairs::forget_before(wire::Sequence first) {
  const MutexLock lock(mutex_);
  return drop_before(first);
}

std::size_t ArchivedPairs::forget_up_to(wire::Sequence last) {
  const MutexLock lock(mutex_);
  forgotten_ = std::max(forgotten_, last);
  return drop_before(last + 1);
}

std::size_t ArchivedPairs::drop_before(wire::Sequence first) {
  std::size_t dropped = 0;
  while (!runs_.empty() && runs_.begin()->first <= run_of(first)) {
    Offsets& offsets = runs_.begin()->second;
    const std::size_t before = bytes_of(offsets);
    const auto kept = runs_.begin()->first < run_of(first)
                          ? offsets.end()
                          : std::lower_bound(offsets.begin(), offsets.end(), offset_in_run(first));
    dropped += static_cast<std::size_t>(kept - offsets.begin());
    if (kept != offsets.end()) {
      offsets.erase(offsets.begin(), kept);
      count_change(before, bytes_of(offsets));
      break;
    }
    runs_.erase(runs_.begin());
    count_change(before, 0);
  }
  return dropped;
}

wire::Sequence ArchivedPairs::next(wire::Sequence from, wire::Sequence last) const {
  const MutexLock lock(mutex_);
  if (from > last) return last + 1;
  if (from <= forgotten_) return from;
  auto run = runs_.lower_bound(run_of(from));
  if (run == runs_.end()) return last + 1;
  auto place = run->second.begin();
  if (run->first == run_of(from)) {
    place = std::lower_bound(place, run->second.end(), offset_in_run(from));
    if (place == run->second.end()) {
      if (++run == runs_.end()) return last + 1;
      place = run->second.begin();
    }
  }
  return std::min(run->first * kRunEvents + *place, last + 1);
}

}  // namespace sse::log
