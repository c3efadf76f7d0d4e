#pragma once

/// \file
/// Reads bytes eight at a time, as one number.

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

/// Whether all eight bytes are from 20 to 7E. Of ASCII bytes, taking 20 away borrows below 20, and
/// adding 1 sets the high bit of 7F; neither reaches the byte beside it before that shows.
constexpr bool is_printable_ascii(std::uint64_t word) {
  return ((word | (word - each(0x20)) | (word + each(0x01))) & kHighBits) == 0;
}

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
