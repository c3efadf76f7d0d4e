#pragma once

/// \file
/// Token buckets, one for each principal or peer, in bounded memory.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/mutex.h"
#include "sse/base/random.h"

namespace sse::auth {

/// How fast a bucket fills, and how much it holds. A value.
struct Rate {
  double per_second = 1;  ///< more than 0
  double burst = 1;       ///< at least 1
};

/// A bucket is full at first. Taking needs one token and may take more than there are: a large
/// batch passes and its debt is paid before the next one. Thread-safe: one lock.
///
/// A full bucket is the same as none, so it is what gives way to a newcomer. When the table holds
/// `most` buckets and none of those examined is full, newcomers share one bucket: they may slow
/// each other down, and nothing is unlimited.
class SSE_EXPORT RateBuckets {
 public:
  RateBuckets(const Rate& rate, std::size_t most, RandomSource& random);

  /// Takes `count` tokens. 0: taken; else nothing was, and it is how long until one is there.
  std::chrono::nanoseconds take(std::string_view key, double count, BootTime now);
  /// With a rate of this key's own, always the same. In the shared bucket the common rate holds.
  std::chrono::nanoseconds take(std::string_view key, double count, BootTime now, const Rate& rate);

  /// Takes `count` tokens of a bucket, however many there are: the rest is debt.
  void take_anyway(std::string_view key, double count, BootTime now, const Rate& rate);

  /// Puts tokens back that were taken in advance. A bucket never holds more than it can.
  void give_back(std::string_view key, double count);
  void give_back(std::string_view key, double count, const Rate& rate);

  std::size_t size() const;

 private:
  /// When the bucket is full again, or was. A bucket needs no more than this.
  struct Bucket {
    BootTime full_at;
  };
  struct Entry {
    std::string key;
    Bucket bucket;
  };
  using Entries = std::list<Entry>;

  Bucket& bucket_of(std::string_view key, BootTime now, bool& is_shared) SSE_REQUIRES(mutex_);
  bool make_room(BootTime now) SSE_REQUIRES(mutex_);

  const Rate rate_;
  const std::size_t most_;
  mutable Mutex mutex_;
  Entries entries_ SSE_GUARDED_BY(mutex_);  // used or examined least recently in front
  // The keys are those of the entries, which do not move.
  std::unordered_map<std::string_view, Entries::iterator, KeyedHash> by_key_ SSE_GUARDED_BY(mutex_);
  Bucket shared_ SSE_GUARDED_BY(mutex_);
};

}  // namespace sse::auth
