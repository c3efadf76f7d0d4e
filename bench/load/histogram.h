#pragma once

#include <array>
#include <cstdint>

namespace sse::bench {

/// Counts times in microseconds, each within 1/64 of its value, in memory that does not grow.
/// Thread-compatible.
class Histogram {
 public:
  void add(std::int64_t nanoseconds);
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  /// In milliseconds; `part` is from 0 to 1. 0 when nothing was counted.
  double percentile_ms(double part) const;
  double longest_ms() const { return static_cast<double>(longest_us_) / 1000; }

 private:
  static constexpr unsigned kStepBits = 6;  // 64 steps for each power of two
  static constexpr unsigned kSteps = 1U << kStepBits;
  static constexpr std::size_t kBuckets = 32 * kSteps;

  static std::size_t bucket_of(std::uint64_t microseconds);
  static std::uint64_t least_of(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t longest_us_ = 0;
};

}  // namespace sse::bench
