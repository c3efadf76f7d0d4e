#include "sse/log/part_cache.h"

#include <algorithm>
#include <utility>

namespace sse::log {

std::optional<PartCache::Parts::iterator> PartCache::find(const PartKey& key, wire::Sequence first,
                                                          wire::Sequence last) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  const PartCopy& copy = found->second->copy;
  if (copy.segments->slots.front().first > first || copy.last < last) return std::nullopt;
  return found->second;
}

const PartCopy* PartCache::use(const PartKey& key, wire::Sequence first, wire::Sequence last) {
  const auto part = find(key, first, last);
  if (!part) return nullptr;
  (*part)->kept_until = {};
  parts_.splice(parts_.begin(), parts_, *part);
  return &(*part)->copy;
}

bool PartCache::keep(const PartKey& key, wire::Sequence first, wire::Sequence last,
                     Time kept_until) {
  const auto part = find(key, first, last);
  if (part) (*part)->kept_until = kept_until;
  return part.has_value();
}

std::optional<PartCache::Time> PartCache::full_until(std::size_t bytes, Time now) const {
  std::size_t kept = 0;
  Time earliest = Time::max();
  for (const Part& part : parts_) {
    if (!part.is_kept(now)) continue;
    kept += part.copy.bytes;
    earliest = std::min(earliest, part.kept_until);
  }
  if (kept == 0 || kept + bytes <= max_bytes_) return std::nullopt;
  return earliest;
}

std::vector<PartCache::Segments> PartCache::put(const PartKey& key, PartCopy copy, Time now,
                                                Time kept_until) {
  std::vector<Segments> gone;
  if (const auto same = by_key_.find(key); same != by_key_.end()) {
    gone.push_back(take(same->second));
  }
  for (auto part = parts_.end(); bytes_ + copy.bytes > max_bytes_ && part != parts_.begin();) {
    --part;
    if (part->is_kept(now)) continue;
    gone.push_back(take(part++));
  }
  bytes_ += copy.bytes;
  parts_.push_front({key, std::move(copy), kept_until});
  by_key_[key] = parts_.begin();
  return gone;
}

PartCache::Segments PartCache::take(Parts::iterator part) {
  bytes_ -= part->copy.bytes;
  Segments segments = std::move(part->copy.segments);
  by_key_.erase(part->key);
  parts_.erase(part);
  return segments;
}

}  // namespace sse::log
