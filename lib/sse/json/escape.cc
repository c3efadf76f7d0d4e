#include "sse/json/escape.h"

#include <array>
#include <cstdint>
#include <optional>

#include "sse/base/ascii.h"
#include "sse/base/byte_words.h"

namespace sse::json {
namespace {

constexpr auto kPlainCharacters = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x80; ++c) table[c] = c != '"' && c != '\\';
  return table;
}();

// Of ASCII bytes, taking 20 away borrows below 20, and taking 1 away from none but zeros, which are
// where a quote or a backslash is; no byte is wrong only because of the one beside it.
bool is_plain_word(std::uint64_t word) {
  const std::uint64_t quotes = word ^ each('"');
  const std::uint64_t backslashes = word ^ each('\\');
  return ((word | (word - each(0x20)) | (quotes - each(1)) | (backslashes - each(1))) &
          kHighBits) == 0;
}

constexpr std::size_t kUnitSize = 6;  // \uXXXX

constexpr std::uint32_t kHigh = 0xD800;  // surrogates: the first of a pair, the second
constexpr std::uint32_t kLow = 0xDC00;
constexpr std::uint32_t kPastLow = 0xE000;

bool is_low(std::uint32_t unit) {
  return unit >= kLow && unit < kPastLow;
}

/// The \uXXXX that `text` starts with.
std::optional<std::uint32_t> unit_at(std::string_view text) {
  if (text.size() < kUnitSize || !text.starts_with("\\u")) return std::nullopt;
  std::uint32_t unit = 0;
  for (const char c : text.substr(2, 4)) {
    const int value = hex_value(c);
    if (value < 0) return std::nullopt;
    unit = unit << 4U | static_cast<std::uint32_t>(value);
  }
  return unit;
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0U | (point >> 6U));
    put(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    put(0xE0U | (point >> 12U));
    put(0x80U | ((point >> 6U) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  } else {
    put(0xF0U | (point >> 18U));
    put(0x80U | ((point >> 12U) & 0x3FU));
    put(0x80U | ((point >> 6U) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  }
}

}  // namespace

std::size_t count_plain(std::string_view text) {
  std::size_t count = plain_words(text, is_plain_word);
  while (count < text.size() && kPlainCharacters[static_cast<unsigned char>(text[count])]) ++count;
  return count;
}

std::size_t append_escaped(std::string_view text, std::string& out) {
  static constexpr std::string_view kNames = "\"\\/bfnrt";
  static constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
  if (text.size() < 2 || text[0] != '\\') return 0;
  if (const auto known = kNames.find(text[1]); known != std::string_view::npos) {
    out += kValues[known];
    return 2;
  }
  const auto unit = unit_at(text);
  if (!unit || is_low(*unit)) return 0;
  if (*unit < kHigh || *unit >= kPastLow) {
    append_utf8(*unit, out);
    return kUnitSize;
  }
  const auto low = unit_at(text.substr(kUnitSize));
  if (!low || !is_low(*low)) return 0;
  append_utf8(0x10000 + ((*unit - kHigh) << 10U) + (*low - kLow), out);
  return 2 * kUnitSize;
}

}  // namespace sse::json
