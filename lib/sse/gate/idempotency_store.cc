#include "sse/gate/idempotency_store.h"

#include <algorithm>

#include "sse/base/check.h"

namespace sse::gate {
namespace {

// What lists, tables and shared pointers take for an answer and for a share, with malloc's own
// words, as libstdc++ lays them out.
constexpr std::size_t kEntryNodes = 192;

// The least that an answer takes: so many fit at most.
constexpr std::size_t kLeastEntry =
    sizeof(IdempotencyStore::Entry) + sizeof(KeptAnswer) + kEntryNodes;

// Entries to a bucket, at most. Those in flight come on top of those that fit.
constexpr float kMostLoad = 4;
constexpr std::size_t kShareNodes = 256;

// Of the memory, for answers that are copied while they are sent.
constexpr std::size_t kCopiesPart = 8;

// Of one owner, for answers that are kept elsewhere, too.
constexpr std::size_t kElsewherePart = 8;

}  // namespace

// The table has its size from the start: it would take 4 ms to grow past 50,000 keys, in the turn
// of the peer whose key comes then.
IdempotencyStore::IdempotencyStore(const IdempotencyOptions& options, const KeyedHash& hash,
                                   BootTime now)
    : options_(options),
      start_(now),
      by_name_(options.window.count() == 0 ? 0 : options.max_bytes / kLeastEntry, hash),
      abandoned_(now) {
  by_name_.max_load_factor(kMostLoad);
}

std::size_t IdempotencyStore::Entry::bytes() const {
  return kLeastEntry + wanted.name.capacity() + answer->body.capacity() + answer->fields.capacity();
}

void IdempotencyStore::begin(BootTime since) {
  const MutexLock lock(mutex_);
  start_ = abandoned_ = since;
}

void IdempotencyStore::load(Wanted&& wanted, std::shared_ptr<const KeptAnswer> answer,
                            BootTime answered) {
  const auto found = find(std::move(wanted), std::chrono::nanoseconds(0), answered);
  if (found.verdict == Verdict::kNew) keep(found.entry, std::move(answer), answered);
}

std::pair<BootTime, std::vector<IdempotencyStore::Known>> IdempotencyStore::all() const {
  std::vector<Known> known;
  const MutexLock lock(mutex_);
  known.reserve(answered_.size());
  for (const Entry& entry : answered_) {
    known.push_back({entry.wanted, entry.answer, entry.kept_at});
    known.back().wanted.owner = entry.share->position->first;
  }
  BootTime since = std::max(start_, abandoned_);
  for (const auto& [owner, share] : shares_) since = std::max(since, share.pushed_out);
  return {since, std::move(known)};
}

auto IdempotencyStore::find(Wanted&& wanted, std::chrono::nanoseconds age, BootTime now,
                            std::optional<BootTime> since) -> Found {
  Entries fresh;  // made, and dropped entries destroyed, outside the lock
  Entries dropped;
  fresh.emplace_back(std::move(wanted));
  const Wanted& asked = fresh.front().wanted;
  const MutexLock lock(mutex_);
  drop_expired(now, dropped);
  const auto share = shares_.find(asked.owner);
  auto known_for = whole(share == shares_.end() ? nullptr : &share->second, now);
  if (since) known_for = std::min(known_for, std::max(now - *since, std::chrono::nanoseconds(0)));
  const auto known = by_name_.find(asked.name);
  if (known == by_name_.end()) {
    if (age > known_for) return {Verdict::kForgotten, known_for, nullptr, {}};
    const auto entry = fresh.begin();
    by_name_.emplace(entry->wanted.name, entry);
    in_flight_.splice(in_flight_.end(), fresh);
    return {Verdict::kNew, known_for, nullptr, entry};
  }
  const Entry& entry = *known->second;
  if (entry.wanted.fingerprint != asked.fingerprint) {
    ++counts_.mismatches;
    return {Verdict::kMismatch, known_for, nullptr, {}};
  }
  if (entry.answer == nullptr) {
    ++counts_.conflicts;
    return {Verdict::kInFlight, known_for, nullptr, {}};
  }
  ++counts_.replayed;
  return {Verdict::kAnswered, known_for, entry.answer, {}};
}

void IdempotencyStore::keep(Entries::iterator entry, std::shared_ptr<const KeptAnswer> answer,
                            BootTime now) {
  Entries dropped;
  const MutexLock lock(mutex_);
  Share& share = share_of(*entry);
  if (share.oldest == nullptr) share.since = now;
  entry->answer = std::move(answer);
  entry->kept_at = now;
  entry->share = &share;
  if (share.newest != nullptr) share.newest->next_in_share = &*entry;
  if (share.oldest == nullptr) share.oldest = &*entry;
  share.newest = &*entry;
  answered_.splice(answered_.end(), in_flight_, entry);
  ++counts_.kept;
  charge(share, share.bytes + entry->bytes());
  push_out_past(options_.max_bytes, dropped);
}

void IdempotencyStore::release(Entries::iterator entry) {
  Entries dropped;
  const MutexLock lock(mutex_);
  by_name_.erase(entry->wanted.name);
  dropped.splice(dropped.end(), in_flight_, entry);
}

bool IdempotencyStore::reserve_copy(std::size_t bytes) {
  Entries dropped;
  const MutexLock lock(mutex_);
  if (copies_ + bytes > options_.max_bytes / kCopiesPart) return false;
  copies_ += bytes;
  push_out_past(options_.max_bytes, dropped);
  return true;
}

void IdempotencyStore::free_copy(std::size_t bytes) {
  const MutexLock lock(mutex_);
  copies_ -= bytes;
}

bool IdempotencyStore::has_share(std::string_view owner, std::size_t bytes) const {
  const MutexLock lock(mutex_);
  const auto share = shares_.find(owner);
  const std::size_t held = share == shares_.end() ? 0 : share->second.bytes;
  return held + bytes <= options_.max_bytes / kElsewherePart;
}

IdempotencyCounts IdempotencyStore::counts() const {
  const MutexLock lock(mutex_);
  IdempotencyCounts counts = counts_;
  counts.answers = answered_.size();
  return counts;
}

// Of a try that was sent after an answer, the answer came after that one, too. What an owner had
// before its share began may have been pushed out with an earlier share, of which no more is kept
// than the newest time of all of these.
std::chrono::nanoseconds IdempotencyStore::whole(const Share* share, BootTime now) const {
  BootTime since = abandoned_;
  if (share != nullptr) {
    since = std::max({start_, share->pushed_out, std::min(share->since, abandoned_)});
  }
  // Another loop may have read the clock later.
  return std::clamp(now - since, std::chrono::nanoseconds(0), options_.window);
}

IdempotencyStore::Share& IdempotencyStore::share_of(Entry& entry) {
  const auto [position, is_new] = shares_.try_emplace(std::move(entry.wanted.owner));
  std::string().swap(entry.wanted.owner);
  Share& share = position->second;
  if (is_new) {
    share.position = position;
    share.pushed_out = start_;
    share.bytes = sizeof(Share) + kShareNodes + position->first.capacity();
    try {
      by_size_.emplace(share.bytes, &share);
    } catch (...) {  // no memory: the answer is not kept, and nothing else changes
      shares_.erase(position);
      throw;
    }
    counts_.bytes += share.bytes;
  }
  return share;
}

void IdempotencyStore::charge(Share& share, std::size_t bytes) {
  auto node = by_size_.extract({share.bytes, &share});
  SSE_CHECK(!node.empty());
  counts_.bytes += bytes - share.bytes;  // unsigned: less is a wrap
  share.bytes = bytes;
  node.value().first = bytes;
  by_size_.insert(std::move(node));
}

void IdempotencyStore::push_out_past(std::size_t limit, Entries& dropped) {
  while (counts_.bytes + copies_ > limit && !by_size_.empty()) {
    Share& share = *std::prev(by_size_.end())->second;
    ++counts_.pushed_out;
    share.pushed_out = share.oldest->kept_at;
    if (share.oldest == share.newest) abandoned_ = std::max(abandoned_, share.pushed_out);
    drop_oldest(share, dropped);
  }
}

void IdempotencyStore::drop_expired(BootTime now, Entries& dropped) {
  while (!answered_.empty() && now - answered_.front().kept_at >= options_.window) {
    drop_oldest(*answered_.front().share, dropped);
  }
}

// Its share goes with the last one.
void IdempotencyStore::drop_oldest(Share& share, Entries& dropped) {
  const auto named = by_name_.find(share.oldest->wanted.name);
  const auto entry = named->second;
  by_name_.erase(named);
  dropped.splice(dropped.end(), answered_, entry);
  share.oldest = entry->next_in_share;
  if (share.oldest != nullptr) return charge(share, share.bytes - entry->bytes());
  counts_.bytes -= share.bytes;
  by_size_.erase({share.bytes, &share});
  shares_.erase(share.position);
}

}  // namespace sse::gate
