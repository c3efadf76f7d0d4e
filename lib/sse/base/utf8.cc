#include "sse/base/utf8.h"

#include <cstdint>

#include "sse/base/byte_words.h"

namespace sse {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

struct ByteRange {
  unsigned char first = 0x80;
  unsigned char last = 0xBF;
};

/// What may follow a lead byte: narrower than 80..BF where a longer form would be overlong, a
/// surrogate, or past U+10FFFF (RFC 3629 section 4).
ByteRange second_byte(unsigned char lead) {
  switch (lead) {
    case 0xE0:
      return {0xA0, 0xBF};
    case 0xED:
      return {0x80, 0x9F};
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};
    default:
      return {};
  }
}

std::size_t length_by_lead(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

std::size_t ascii_prefix(std::string_view text) {
  std::size_t i = plain_words(text, [](std::uint64_t word) { return (word & kHighBits) == 0; });
  while (i < text.size() && byte_at(text, i) < 0x80) ++i;
  return i;
}

}  // namespace

std::size_t utf8_character_length(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned char lead = byte_at(text, 0);
  const std::size_t length = length_by_lead(lead);
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    const ByteRange range = i == 1 ? second_byte(lead) : ByteRange{};
    if (byte_at(text, i) < range.first || byte_at(text, i) > range.last) return 0;
  }
  return length;
}

bool is_valid_utf8(std::string_view text) {
  while (true) {
    text.remove_prefix(ascii_prefix(text));
    if (text.empty()) return true;
    const std::size_t length = utf8_character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
}

bool has_control_character(std::string_view text) {
  constexpr unsigned char kDelete = 0x7F;
  for (std::size_t i = plain_words(text, is_printable_ascii); i < text.size(); ++i) {
    const unsigned char byte = byte_at(text, i);
    if (byte < 0x20 || byte == kDelete) return true;
    // U+0080 to U+009F are C2 80 to C2 9F.
    if (byte != 0xC2 || i + 1 == text.size()) continue;
    const unsigned char next = byte_at(text, i + 1);
    if (next >= 0x80 && next < 0xA0) return true;
  }
  return false;
}

}  // namespace sse
