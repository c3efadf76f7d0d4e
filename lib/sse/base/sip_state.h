#pragma once

/// \file
/// The state and the round of SipHash (Aumasson and Bernstein, "SipHash: a fast short-input PRF").

#include <bit>
#include <cstdint>

namespace sse {

/// A value. `kRounds`: compression rounds for each word, c of SipHash-c-d.
template <int kRounds>
struct SipState {
  SipState(std::uint64_t key0, std::uint64_t key1)
      : v0(key0 ^ 0x736f6d6570736575),
        v1(key1 ^ 0x646f72616e646f6d),
        v2(key0 ^ 0x6c7967656e657261),
        v3(key1 ^ 0x7465646279746573) {}

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void take(std::uint64_t word) {
    v3 ^= word;
    for (int i = 0; i < kRounds; ++i) round();
    v0 ^= word;
  }

  /// After `rounds` more rounds.
  std::uint64_t result(int rounds) {
    for (int i = 0; i < rounds; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }

  std::uint64_t v0, v1, v2, v3;
};

}  // namespace sse
