#pragma once

/// \file
/// The character classes of RFC 9110 and RFC 9112, independent of the locale.

#include <algorithm>
#include <array>
#include <string_view>

#include "sse/base/ascii.h"
#include "sse/base/byte_words.h"

namespace sse::http {

/// tchar: what methods and field names are made of. A table: every byte of a head is asked about.
inline constexpr auto kTokenCharacters = [] {
  std::array<bool, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    table[byte] = is_letter_or_digit(static_cast<char>(byte));
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

constexpr bool is_token_character(char c) {
  return kTokenCharacters[static_cast<unsigned char>(c)];
}

constexpr bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_token_character(c); });
}

/// Printable ASCII but the blank, and bytes from 0x80 (UTF-8, or old encodings).
constexpr bool is_visible(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7F;
}

/// What a field value may hold: no CR, LF, NUL or other control character but the tab.
constexpr bool is_field_value_character(char c) {
  return is_visible(c) || c == ' ' || c == '\t';
}

inline bool is_field_value(std::string_view text) {
  text.remove_prefix(plain_words(text, is_printable_ascii));  // nearly all
  return std::all_of(text.begin(), text.end(), [](char c) { return is_field_value_character(c); });
}

/// Without the blanks and tabs around it (OWS).
constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes what is before the next separator off `text`, and the separator with it; without the
/// blanks around it.
constexpr std::string_view take_part(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const auto part = trimmed(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

/// Whether a comma-separated list holds `token`, in any case.
constexpr bool list_holds(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    if (equals_ignoring_case(take_part(list, ','), token)) return true;
  }
  return false;
}

}  // namespace sse::http
