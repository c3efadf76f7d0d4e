#pragma once

/// \file
/// Randomness is a parameter, like time.

#include <cstdint>

#include "sse/base/export.h"

namespace sse {

/// Where random bits come from: the kernel, or a test. Thread-safe.
class SSE_EXPORT RandomSource {
 public:
  virtual ~RandomSource() = default;

  /// 64 random bits.
  virtual std::uint64_t next() = 0;

  /// A number from 0 up to, not including, `bound`; 0 when `bound` is 0. For spreading timers, not
  /// for secrets: the last numbers of a huge range come up a little less often.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
};

/// A generator per thread, seeded by the kernel (getrandom).
class SSE_EXPORT SystemRandom final : public RandomSource {
 public:
  std::uint64_t next() override;
};

}  // namespace sse
