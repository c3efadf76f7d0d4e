#include "sse/base/keyed_hash.h"

#include <cstring>

#include "sse/base/sip_state.h"

namespace sse {

std::size_t KeyedHash::operator()(std::string_view text) const {
  SipState<1> state(key0_, key1_);
  const std::uint64_t length = std::uint64_t{text.size()} << 56U;
  while (text.size() >= sizeof(std::uint64_t)) {
    // As it lies in memory: a big-endian machine has other, equally good, values.
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    state.take(word);
    text.remove_prefix(sizeof word);
  }
  std::uint64_t last = 0;
  if (!text.empty()) std::memcpy(&last, text.data(), text.size());
  state.take(last | length);
  state.v2 ^= 0xff;
  return state.result(3);
}

}  // namespace sse
