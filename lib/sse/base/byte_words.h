#pragma once

/// \file
/// Bytes looked at eight at a time, as one number.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sse {

/// Eight bytes that are all `byte`.
constexpr std::uint64_t each(std::uint64_t byte) {
  return byte * 0x0101'0101'0101'0101U;
}

inline constexpr std::uint64_t kHighBits = each(0x80);

/// How many bytes at the start of `text` are words of eight for which `is_plain` holds: most text
/// is nothing else.
template <typename IsPlain>
std::size_t plain_words(std::string_view text, IsPlain is_plain) {
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= text.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, sizeof word);
    if (!is_plain(word)) break;
  }
  return i;
}

}  // namespace sse
