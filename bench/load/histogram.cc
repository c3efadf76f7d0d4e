#include "histogram.h"

#include <algorithm>
#include <bit>

namespace sse::bench {

void Histogram::add(std::int64_t nanoseconds) {
  const auto microseconds =
      static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0)) / 1000;
  ++buckets_[std::min(bucket_of(microseconds), kBuckets - 1)];
  ++count_;
  longest_us_ = std::max(longest_us_, microseconds);
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  longest_us_ = std::max(longest_us_, other.longest_us_);
}

double Histogram::percentile_ms(double part) const {
  if (count_ == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(part * static_cast<double>(count_ - 1));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    below += buckets_[i];
    if (below > rank) return static_cast<double>(std::min(least_of(i), longest_us_)) / 1000;
  }
  return longest_ms();
}

// Below 64 us a bucket is a microsecond; above, the highest bit and the 6 bits after it.
std::size_t Histogram::bucket_of(std::uint64_t microseconds) {
  if (microseconds < kSteps) return microseconds;
  const auto shift = static_cast<unsigned>(std::bit_width(microseconds)) - 1 - kStepBits;
  return (shift + 1) * kSteps + ((microseconds >> shift) - kSteps);
}

std::uint64_t Histogram::least_of(std::size_t bucket) {
  if (bucket < kSteps) return bucket;
  const auto shift = bucket / kSteps - 1;
  return (kSteps + bucket % kSteps) << shift;
}

}  // namespace sse::bench
