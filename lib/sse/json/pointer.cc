#include "sse/json/pointer.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "sse/base/escape.h"

namespace sse::json {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// Walks over a text that is known to be JSON, so that nothing has to be checked on the way.
class Walk {
 public:
  explicit Walk(std::string_view json) : rest_(json) {}

  char peek() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
    return rest_.empty() ? '\0' : rest_.front();
  }

  void skip(std::size_t count) { rest_.remove_prefix(count); }

  std::string_view take_string() {
    peek();
    return take(string_size(0));
  }

  /// One whole value, whatever is inside it.
  std::string_view take_value() {
    const char first = peek();
    if (first == '"') return take(string_size(0));
    if (first != '{' && first != '[') {
      return take(std::min(rest_.find_first_of(",]} \t\r\n"), rest_.size()));
    }
    std::size_t at = 0;
    std::size_t depth = 0;
    do {
      at = rest_.find_first_of("\"{}[]", at);
      const char c = rest_[at];
      if (c == '"') {
        at = string_size(at);
        continue;
      }
      depth += c == '{' || c == '[' ? 1U : static_cast<std::size_t>(-1);
      ++at;
    } while (depth > 0);
    return take(at);
  }

 private:
  /// Where the string that begins at `at` ends.
  std::size_t string_size(std::size_t at) const {
    ++at;
    for (;;) {
      at = rest_.find_first_of("\"\\", at);
      if (rest_[at] == '"') return at + 1;
      at += 2;  // what follows a backslash ends no string
    }
  }

  std::string_view take(std::size_t size) {
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
};

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

std::uint32_t hex4(std::string_view digits) {
  std::uint32_t number = 0;
  std::from_chars(digits.data(), digits.data() + 4, number, 16);
  return number;
}

/// Reads the escape after the backslash at `at`; moves `at` to its last character.
void append_escape(std::string_view text, std::size_t& at, std::string& out) {
  constexpr std::string_view kNames = "bfnrt";
  constexpr std::string_view kValues = "\b\f\n\r\t";
  const char name = text[++at];
  if (name != 'u') {
    const auto known = kNames.find(name);
    out += known == std::string_view::npos ? name : kValues[known];
    return;
  }
  std::uint32_t point = hex4(text.substr(at + 1));
  at += 4;
  if (point >= 0xD800 && point < 0xDC00) {  // JSON has no half pairs: the other one follows
    point = 0x10000 + ((point - 0xD800) << 10U) + (hex4(text.substr(at + 3)) - 0xDC00);
    at += 6;
  }
  append_utf8(point, out);
}

bool says(std::string_view string, std::string_view text) {
  if (string.find('\\') == std::string_view::npos)
    return string.substr(1, string.size() - 2) == text;
  std::string said;
  append_text_of({Value::Kind::kString, string}, said);
  return said == text;
}

std::optional<std::string_view> member(std::string_view object, std::string_view key) {
  Walk walk(object);
  std::optional<std::string_view> found;
  walk.skip(1);
  while (walk.peek() != '}') {
    const bool is_it = says(walk.take_string(), key);
    walk.peek();
    walk.skip(1);  // the colon
    const auto value = walk.take_value();
    if (is_it) found = value;
    if (walk.peek() == ',') walk.skip(1);
  }
  return found;
}

std::optional<std::string_view> element(std::string_view array, std::string_view index) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), number);
  const bool is_index = error == std::errc{} && end == index.data() + index.size() &&
                        (index.size() == 1 || index.front() != '0');
  if (!is_index) return std::nullopt;
  Walk walk(array);
  walk.skip(1);
  while (walk.peek() != ']') {
    const auto value = walk.take_value();
    if (number-- == 0) return value;
    if (walk.peek() == ',') walk.skip(1);
  }
  return std::nullopt;
}

Value::Kind kind_of(char first) {
  switch (first) {
    case '"':
      return Value::Kind::kString;
    case '{':
      return Value::Kind::kObject;
    case '[':
      return Value::Kind::kArray;
    case 't':
    case 'f':
      return Value::Kind::kBoolean;
    case 'n':
      return Value::Kind::kNull;
    default:
      return Value::Kind::kNumber;
  }
}

}  // namespace

Value whole_value(std::string_view json) {
  const auto text = Walk(json).take_value();
  return {kind_of(text.front()), text};
}

void append_text_of(const Value& value, std::string& out) {
  if (value.kind != Value::Kind::kString) {
    out += value.text;
    return;
  }
  const std::string_view inside = value.text.substr(1, value.text.size() - 2);
  for (std::size_t at = 0; at < inside.size(); ++at) {
    if (inside[at] == '\\') {
      append_escape(inside, at, out);
    } else {
      out += inside[at];
    }
  }
}

Result<Pointer> Pointer::parse(std::string_view text) {
  Pointer pointer;
  if (!text.empty() && text.front() != '/') {
    return Error{ErrorCode::kInvalid,
                 sse::quoted(text) + " is not a JSON Pointer; expected one such as /value"};
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '/') {
      pointer.tokens_.emplace_back();
    } else if (text[at] != '~') {
      pointer.tokens_.back() += text[at];
    } else if (at + 1 < text.size() && (text[at + 1] == '0' || text[at + 1] == '1')) {
      pointer.tokens_.back() += text[++at] == '0' ? '~' : '/';
    } else {
      return Error{ErrorCode::kInvalid,
                   sse::quoted(text) +
                       " is not a JSON Pointer; a ~ in a key is written ~0, and "
                       "a slash ~1"};
    }
  }
  return pointer;
}

std::optional<Value> Pointer::find(std::string_view json) const {
  Value value = whole_value(json);
  for (const std::string& token : tokens_) {
    std::optional<std::string_view> inner;
    if (value.kind == Value::Kind::kObject) inner = member(value.text, token);
    if (value.kind == Value::Kind::kArray) inner = element(value.text, token);
    if (!inner) return std::nullopt;
    value = {kind_of(inner->front()), *inner};
  }
  return value;
}

}  // namespace sse::json
