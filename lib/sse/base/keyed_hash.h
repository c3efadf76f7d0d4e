#pragma once

/// \file
/// The hash for tables whose keys peers choose.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/random.h"

namespace sse {

/// SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"): without the key, an
/// attacker cannot make names that collide and so turn a table into a list. std::hash has no key,
/// and its collisions are published. A value. Thread-safe.
class SSE_EXPORT KeyedHash {
 public:
  using is_transparent = void;

  /// With a key that is public: for tests, and for keys that no peer chooses.
  KeyedHash() = default;
  /// With a key of 128 random bits.
  explicit KeyedHash(RandomSource& random) : key0_(random.next()), key1_(random.next()) {}
  KeyedHash(std::uint64_t key0, std::uint64_t key1) : key0_(key0), key1_(key1) {}

  std::size_t operator()(std::string_view text) const;

 private:
  std::uint64_t key0_ = 0;
  std::uint64_t key1_ = 0;
};

}  // namespace sse
