#include "text_forms.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace sse::sub {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

bool is_control(unsigned char byte) {
  return (byte < 0x20 && byte != '\t') || byte == 0x7F;
}

/// Inside single quotes, where sh knows no other special character.
void append_single_quoted(std::string_view text, std::string& out) {
  out += '\'';
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  out += '\'';
}

/// `printf 'FORMAT'` that writes `text`: so that a line end needs no line of its own.
void append_printf(std::string_view text, std::string& out) {
  std::string format;
  for (const char c : text) {
    if (c == '\n') {
      format += "\\012";
    } else {
      if (c == '\\' || c == '%') format += c;
      format += c;
    }
  }
  out += "printf -- ";
  append_single_quoted(format, out);
}

bool is_one_line(std::string_view text) {
  return text.find('\n') == std::string_view::npos;
}

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

}  // namespace

void append_escaped(std::string_view text, std::string_view prefix, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_c1 = byte == 0xC2 && i + 1 < text.size() &&
                       static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
                       static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (!is_control(byte) && !is_c1) {
      out += text[i];
      continue;
    }
    const auto shown = is_c1 ? static_cast<unsigned char>(text[++i]) : byte;
    out += prefix;
    out += kHexDigits[shown >> 4U];
    out += kHexDigits[shown & 0xFU];
  }
}

void append_escaped_lines(std::string_view text, std::string& out) {
  for (;;) {
    const std::string_view line = text.substr(0, text.find('\n'));
    append_escaped(line, "\\x", out);
    if (line.size() == text.size()) break;
    out += '\n';
    text.remove_prefix(line.size() + 1);
  }
}

void append_json_line(std::string_view json, std::string& out) {
  const std::size_t start = out.size();
  out += json;
  const auto next = [&](std::size_t from) { return out.find_first_of("\r\n", from); };
  for (std::size_t i = next(start); i != std::string::npos; i = next(i)) out[i] = ' ';
}

void append_shell_word(std::string_view text, std::string& out) {
  if (has_nul(text)) {
    out += "''";
  } else if (is_one_line(text)) {
    append_single_quoted(text, out);
  } else {
    out += "\"$(";
    append_printf(text, out);
    out += ")\"";
  }
}

void append_shell_assignment(std::string_view name, std::string_view text, std::string& out) {
  out.append(name).append("=");
  if (has_nul(text) || is_one_line(text)) {
    append_shell_word(text, out);
    return;
  }
  // The dot keeps line ends at the end from `$( )`, and goes again.
  out += "$(";
  append_printf(std::string(text) + ".", out);
  out.append("); ").append(name).append("=${").append(name).append("%.}");
}

void append_tsv(std::string_view text, std::string& out) {
  constexpr std::string_view kSpecial = "\t\n\r\\";
  constexpr std::string_view kNames = "tnr\\";
  for (;;) {
    const auto plain = std::min(text.find_first_of(kSpecial), text.size());
    out += text.substr(0, plain);
    if (plain == text.size()) return;
    out += '\\';
    out += kNames[kSpecial.find(text[plain])];
    text.remove_prefix(plain + 1);
  }
}

void append_csv(std::string_view text, std::string& out) {
  const bool is_plain = text.find_first_of(",\"\r\n") == std::string_view::npos &&
                        (text.empty() || (text.front() != ' ' && text.back() != ' '));
  if (is_plain) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string in_seconds(std::chrono::nanoseconds wait) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f s", std::chrono::duration<double>(wait).count());
  return text.data();
}

}  // namespace sse::sub
