#pragma once

/// \file
/// Fingerprints of texts that peers choose.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/random.h"

namespace sse {

/// 128 bits that stand for a text. A value.
struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend auto operator<=>(const Digest&, const Digest&) = default;
};

/// SipHash-2-4 with 128 bits of output, as its authors published it. Texts with equal digests
/// cannot be made without the key: the only attack is to try some 2^64 of them on the hub itself.
/// A table needs no more than KeyedHash: there a collision costs time, here it is a wrong answer.
/// A value. Thread-safe.
class SSE_EXPORT KeyedDigest {
 public:
  /// With a key of 128 random bits.
  explicit KeyedDigest(RandomSource& random) : key0_(random.next()), key1_(random.next()) {}
  KeyedDigest(std::uint64_t key0, std::uint64_t key1) : key0_(key0), key1_(key1) {}

  /// What a copy in another process is made with.
  std::array<std::uint64_t, 2> key() const { return {key0_, key1_}; }

  Digest of(std::string_view text) const;
  /// Of several texts: their lengths come first, so that `{"ab", "c"}` and `{"a", "bc"}` differ.
  Digest of_all(std::initializer_list<std::string_view> texts) const;

 private:
  std::uint64_t key0_;
  std::uint64_t key1_;
};

}  // namespace sse
