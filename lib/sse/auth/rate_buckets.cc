#include "sse/auth/rate_buckets.h"

#include <algorithm>
#include <utility>

#include "sse/base/check.h"

namespace sse::auth {
namespace {

/// Buckets that one newcomer may examine for a full one: each is work under the lock.
constexpr int kMostLooks = 8;

/// A larger debt would overflow the times; this one is 31 years.
constexpr double kMostNanoseconds = 1e18;

std::chrono::nanoseconds time_for(double tokens, const Rate& rate) {
  constexpr double kNanosecondsASecond = 1e9;
  const double time = tokens * kNanosecondsASecond / rate.per_second;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(time, kMostNanoseconds)));
}

}  // namespace

RateBuckets::RateBuckets(const Rate& rate, std::size_t most, RandomSource& random)
    : rate_(rate), most_(most), by_key_(most, KeyedHash(random)) {
  SSE_CHECK(rate.per_second > 0 && rate.burst >= 1);
}

std::chrono::nanoseconds RateBuckets::take(std::string_view key, double count, BootTime now) {
  return take(key, count, now, rate_);
}

std::chrono::nanoseconds RateBuckets::take(std::string_view key, double count, BootTime now,
                                           const Rate& rate) {
  const MutexLock lock(mutex_);
  bool is_shared = false;
  Bucket& bucket = bucket_of(key, now, is_shared);
  const Rate& held = is_shared ? rate_ : rate;
  const BootTime full_at = std::max(bucket.full_at, now);
  // What is missing may be all but one token.
  const auto wait = (full_at - now) - time_for(held.burst - 1, held);
  if (wait > std::chrono::nanoseconds::zero()) return wait;
  bucket.full_at = full_at + time_for(count, held);
  return std::chrono::nanoseconds::zero();
}

void RateBuckets::take_anyway(std::string_view key, double count, BootTime now, const Rate& rate) {
  const MutexLock lock(mutex_);
  bool is_shared = false;
  Bucket& bucket = bucket_of(key, now, is_shared);
  bucket.full_at = std::max(bucket.full_at, now) + time_for(count, is_shared ? rate_ : rate);
}

void RateBuckets::give_back(std::string_view key, double count) {
  give_back(key, count, rate_);
}

void RateBuckets::give_back(std::string_view key, double count, const Rate& rate) {
  const MutexLock lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    shared_.full_at -= time_for(count, rate_);
  } else {
    found->second->bucket.full_at -= time_for(count, rate);
  }
}

std::size_t RateBuckets::size() const {
  const MutexLock lock(mutex_);
  return entries_.size();
}

RateBuckets::Bucket& RateBuckets::bucket_of(std::string_view key, BootTime now, bool& is_shared) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    entries_.splice(entries_.end(), entries_, found->second);
    return found->second->bucket;
  }
  is_shared = !make_room(now);
  if (is_shared) return shared_;
  entries_.push_back({std::string(key), {now}});
  by_key_.emplace(entries_.back().key, std::prev(entries_.end()));
  return entries_.back().bucket;
}

bool RateBuckets::make_room(BootTime now) {
  if (entries_.size() < most_) return true;
  for (int i = 0; i < kMostLooks && !entries_.empty(); ++i) {
    if (entries_.front().bucket.full_at <= now) {
      by_key_.erase(entries_.front().key);
      entries_.pop_front();
      return true;
    }
    // The next newcomer examines others.
    entries_.splice(entries_.end(), entries_, entries_.begin());
  }
  return false;
}

}  // namespace sse::auth
