#include <array>
#include <charconv>

#include "sse/base/crc32.h"
#include "sse/base/escape.h"
#include "sse/base/time_text.h"
#include "sse/base/utf8.h"
#include "sse/client/cursor_file.h"
#include "sse/client/endpoint.h"

namespace sse::client {
namespace {

constexpr std::string_view kVersionLine = "version 1";
constexpr std::size_t kMaxBareId = 1024;

std::string crc_of(std::string_view text) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), crc32(text), 16).ptr;
  return std::string(digits.data(), end);
}

Error damaged(std::string why) {
  return {ErrorCode::kInvalid, std::move(why)};
}

/// Ids go into a header and into lines of text.
bool is_usable_id(std::string_view id) {
  return !id.empty() && id.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

Result<Cursor> parse_bare_id(std::string_view text) {
  // The start of a cursor file that was cut off is not an id.
  if (text.empty() || kVersionLine.substr(0, text.size()) == text) return damaged("it is cut off");
  if (text.size() > kMaxBareId || text.find(' ') != std::string_view::npos ||
      has_control_character(text)) {
    return damaged("it is neither a cursor nor an id");
  }
  Cursor cursor;
  cursor.id = text;
  return cursor;
}

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

/// False when the value is not one of this key; unknown keys are for a later version 1.
bool set_key(Cursor& cursor, std::string_view key, std::string_view value) {
  if (key == "id") {
    const auto id = percent_decode(value);
    if (!id || !is_usable_id(*id)) return false;
    cursor.id = *id;
  } else if (key == "url") {
    cursor.url = value;
  } else if (key == "stream") {
    cursor.stream = value;
  } else if (key == "time") {
    const auto time = parse_rfc3339(value);
    if (!time) return false;
    cursor.time = *time;
  } else if (key == "count") {
    return parse_number(value, cursor.count);
  }
  return true;
}

}  // namespace

std::string format_cursor(const Cursor& cursor) {
  std::string text(kVersionLine);
  text += "\nid " + percent_encode(cursor.id);
  text += "\nurl " + cursor.url;
  if (!cursor.stream.empty()) text += "\nstream " + cursor.stream;
  text += "\ntime " + format_rfc3339(cursor.time);
  text += "\ncount " + std::to_string(cursor.count) + "\n";
  return text + "crc " + crc_of(text) + "\n";
}

Result<Cursor> parse_cursor(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  if (first.substr(0, 8) != "version ") {
    return text.size() > first.size() + 1 ? damaged("it is neither a cursor nor an id")
                                          : parse_bare_id(first);
  }
  unsigned version = 0;
  if (!parse_number(first.substr(8), version)) return damaged("its version is not a number");
  const auto crc_at = text.rfind("\ncrc ");
  if (first != kVersionLine && text.back() == '\n' && crc_at != std::string_view::npos) {
    return Error{ErrorCode::kConflict, "it is of version " + std::to_string(version) +
                                           ", and this program knows version 1"};
  }
  if (crc_at == std::string_view::npos || text.back() != '\n') return damaged("it is cut off");
  std::string_view body = text.substr(0, crc_at + 1);
  if (text.substr(crc_at + 5) != crc_of(body) + "\n") return damaged("its checksum is wrong");

  Cursor cursor;
  while (!body.empty()) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(line.size() + 1);
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos ||
        !set_key(cursor, line.substr(0, blank), line.substr(blank + 1))) {
      return damaged("its line " + sse::quoted(line) + " cannot be read");
    }
  }
  if (cursor.id.empty()) return damaged("it has no id");
  return cursor;
}

}  // namespace sse::client
