#include "sse/json/string.h"

#include "sse/base/utf8.h"
#include "sse/json/escape.h"

namespace sse::json {
namespace {

/// RFC 8259 section 7: a short form where there is one.
void append_control(std::string& out, unsigned char c) {
  static constexpr char kDigits[] = "0123456789abcdef";
  static constexpr std::string_view kShort = "\b\t\n\f\r";
  static constexpr std::string_view kLetters = "btnfr";
  if (const auto at = kShort.find(static_cast<char>(c)); at != std::string_view::npos) {
    out.append(1, '\\').append(1, kLetters[at]);
    return;
  }
  out += "\\u00";
  out += kDigits[c >> 4U];
  out += kDigits[c & 0xFU];
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const std::size_t plain = count_plain(text);  // nearly always all
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const char c = text.front();
    const std::size_t length = utf8_character_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      append_control(out, static_cast<unsigned char>(c));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

}  // namespace sse::json
