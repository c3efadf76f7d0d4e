#include "sse/json/pointer.h"

#include <algorithm>
#include <charconv>

#include "sse/base/check.h"
#include "sse/base/escape.h"
#include "sse/json/escape.h"

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
  for (std::size_t at = 0; at < inside.size();) {
    if (inside[at] == '\\') {
      const std::size_t size = append_escaped(inside.substr(at), out);
      SSE_CHECK(size > 0);  // it is JSON
      at += size;
    } else {
      out += inside[at++];
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
