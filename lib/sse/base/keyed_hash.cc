#include "sse/base/keyed_hash.h"

#include <bit>
#include <cstring>

namespace sse {
namespace {

struct SipState {
  std::uint64_t v0, v1, v2, v3;

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
    round();
    v0 ^= word;
  }
};

}  // namespace

std::size_t KeyedHash::operator()(std::string_view text) const {
  SipState state{key0_ ^ 0x736f6d6570736575, key1_ ^ 0x646f72616e646f6d, key0_ ^ 0x6c7967656e657261,
                 key1_ ^ 0x7465646279746573};
  const std::uint64_t length = std::uint64_t{text.size()} << 56U;
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word =
        0;  // as it lies in memory: a big-endian machine has other, as good, values
    std::memcpy(&word, text.data(), sizeof word);
    state.take(word);
    text.remove_prefix(sizeof word);
  }
  std::uint64_t last = 0;
  if (!text.empty()) std::memcpy(&last, text.data(), text.size());
  state.take(last | length);
  state.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace sse
