#include "sse/base/escape.h"

#include "sse/base/utf8.h"

namespace sse {
namespace {

void append_hex(std::string& out, std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xF];
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_character_length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    if (length == 0 || has_control_character(character)) {
      append_hex(out, character);
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
  return out;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 80;
  std::size_t shown = 0;
  while (shown < text.size()) {
    const std::size_t length = utf8_character_length(text.substr(shown));
    const std::size_t next = shown + (length == 0 ? 1 : length);
    if (next > kShown) break;
    shown = next;
  }
  return '"' + escaped(text.substr(0, shown)) + (shown < text.size() ? "...\"" : "\"");
}

}  // namespace sse
