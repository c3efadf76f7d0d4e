#pragma once

#include <atomic>

#include "sse/base/random.h"

namespace sse::test {

/// Counts up from a seed: every run the same. Thread-safe.
class FixedRandom final : public RandomSource {
 public:
  explicit FixedRandom(std::uint64_t seed = 0) : next_(seed) {}
  std::uint64_t next() override { return next_++; }

 private:
  std::atomic<std::uint64_t> next_;
};

}  // namespace sse::test
