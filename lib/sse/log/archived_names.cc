#include "sse/log/archived_names.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sse/wire/topic_pattern.h"

namespace sse::log {
namespace {

// Of a topic that has more, the first ones say enough.
constexpr std::size_t kMostLevels = 8;

// One run in some 300 is read in vain for each name that is wanted.
constexpr std::size_t kBitsPerName = 12;
constexpr unsigned kBitsSet = 8;
constexpr std::size_t kWordBits = 64;

// A node of the map, and the headers of two allocations.
constexpr std::size_t kRunBytes = 112;

// A name is hashed, a run is gone to, a name is looked for in it.
constexpr std::uint64_t kStepsPerName = 5;
constexpr std::uint64_t kStepsPerRun = 3;

// Tells a type from a topic, and a level from either.
constexpr std::uint64_t kTypeMark = 0x9E3779B97F4A7C15;
constexpr std::uint64_t kLevelMark = 0xC2B2AE3D27D4EB4F;

/// Calls `visit` with the number of each bit of a name, until it says false. Whether it never did.
template <typename Visit>
bool visit_bits(std::uint64_t hash, std::size_t bits, Visit visit) {
  const std::uint64_t step = (hash >> 32U) | 1U;
  for (unsigned i = 0; i < kBitsSet; ++i) {
    if (!visit(static_cast<std::size_t>(hash % bits))) return false;
    hash += step;
  }
  return true;
}

std::uint64_t mixed(std::uint64_t hash) {
  hash ^= hash >> 29U;
  hash *= 0xBF58476D1CE4E5B9;
  return hash ^ (hash >> 32U);
}

bool has(const std::vector<std::uint64_t>& bits, std::uint64_t hash) {
  return visit_bits(hash, bits.size() * kWordBits, [&](std::size_t bit) {
    return (bits[bit / kWordBits] >> (bit % kWordBits) & 1U) != 0;
  });
}

}  // namespace

std::size_t ArchivedNames::bytes_of(const Bits& bits) {
  return kRunBytes + bits.capacity() * sizeof(bits[0]);
}

std::uint64_t ArchivedNames::hash_of_level(std::size_t place, std::string_view level) const {
  return mixed(hash_(level) + (place + 1) * kLevelMark);
}

void ArchivedNames::add_topic(std::string_view topic, Hashes& hashes) const {
  hashes.push_back(mixed(hash_(topic)));
  wire::TopicLevels levels(topic);
  for (std::size_t place = 0; place < kMostLevels && !levels.are_done(); ++place) {
    hashes.push_back(hash_of_level(place, levels.take()));
  }
}

void ArchivedNames::add(wire::Sequence first, wire::Sequence last,
                        std::span<const std::string_view> types,
                        std::span<const std::string_view> topics) {
  Hashes hashes;
  for (const auto type : types) hashes.push_back(mixed(hash_(type) ^ kTypeMark));
  for (const auto topic : topics) {
    if (hashes.size() > 4 * kMostNames) return;  // it may be one name many times, but not so often
    add_topic(topic, hashes);
  }
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  if (hashes.empty() || hashes.size() > kMostNames) return;
  Bits bits((hashes.size() * kBitsPerName + kWordBits - 1) / kWordBits);
  for (const std::uint64_t hash : hashes) {
    visit_bits(hash, bits.size() * kWordBits, [&](std::size_t bit) {
      bits[bit / kWordBits] |= std::uint64_t{1} << (bit % kWordBits);
      return true;
    });
  }
  const MutexLock lock(mutex_);
  const std::size_t size = bytes_of(bits);
  if (!runs_.emplace(first, Run{last, std::move(bits)}).second) return;
  bytes_.store(bytes() + size, std::memory_order_relaxed);
  while (bytes() > max_bytes_) drop_first();
}

void ArchivedNames::drop_first() {
  bytes_.store(bytes() - bytes_of(runs_.begin()->second.bits), std::memory_order_relaxed);
  runs_.erase(runs_.begin());
}

void ArchivedNames::forget_before(wire::Sequence first) {
  const MutexLock lock(mutex_);
  while (!runs_.empty() && runs_.begin()->second.last < first) drop_first();
}

// What stands for any level says nothing of a topic.
ArchivedNames::Hashes ArchivedNames::hashes_of_pattern(std::string_view pattern) const {
  if (wire::is_exact_topic(pattern)) return {mixed(hash_(pattern))};
  Hashes hashes;
  wire::TopicLevels levels(pattern);
  for (std::size_t place = 0; place < kMostLevels && !levels.are_done(); ++place) {
    const auto level = levels.take();
    if (wire::is_rest(level)) break;
    if (!wire::is_one_level(level)) hashes.push_back(hash_of_level(place, level));
  }
  return hashes;
}

ArchivedNames::Wanted ArchivedNames::wanted_by(const Selector& selector) const {
  Wanted wanted;
  for (const auto& type : selector.exact_types()) {
    wanted.types.push_back({mixed(hash_(type) ^ kTypeMark)});
  }
  if (!selector.wants_every_topic()) {
    for (const auto& pattern : selector.topic_patterns()) {
      wanted.topics.push_back(hashes_of_pattern(pattern));
    }
  }
  wanted.steps = kStepsPerRun * (1 + wanted.types.size() + wanted.topics.size());
  return wanted;
}

bool ArchivedNames::may_hold(const Bits& bits, const Wanted& wanted) {
  const auto holds_one = [&](const std::vector<Hashes>& names) {
    return names.empty() || std::any_of(names.begin(), names.end(), [&](const Hashes& name) {
             return std::all_of(name.begin(), name.end(),
                                [&](std::uint64_t hash) { return has(bits, hash); });
           });
  };
  return holds_one(wanted.types) && holds_one(wanted.topics);
}

wire::Sequence ArchivedNames::next(wire::Sequence from, wire::Sequence last,
                                   const Selector& selector, Budget& budget) const {
  const Wanted wanted = wanted_by(selector);
  if (wanted.types.empty() && wanted.topics.empty()) return from;
  budget.spend(kStepsPerName * (wanted.types.size() + wanted.topics.size()));
  const MutexLock lock(mutex_);
  auto run = runs_.upper_bound(from);
  if (run != runs_.begin()) --run;
  for (; from <= last && !budget.is_spent(); ++run) {
    const bool is_known = run != runs_.end() && run->first <= from && from <= run->second.last;
    if (!is_known) return from;
    budget.spend(wanted.steps);
    if (may_hold(run->second.bits, wanted)) return from;
    from = run->second.last + 1;
  }
  return std::min(from, last + 1);
}

}  // namespace sse::log
