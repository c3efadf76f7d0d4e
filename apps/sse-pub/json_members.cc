#include "json_members.h"

#include <algorithm>

namespace sse::pub {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

/// Bytes of the string that `text` starts with, quotes included; 0 when it never ends.
std::size_t string_length(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return 0;
}

}  // namespace

bool JsonMembers::next() {
  if (state_ == State::kStart && !open()) return false;
  if (state_ != State::kInside) return false;
  if (!take_string(name_)) return broken();
  skip_space();
  if (!rest_.starts_with(':')) return broken();
  rest_.remove_prefix(1);
  if (!take_value()) return broken();
  skip_space();
  if (rest_.starts_with(',')) {
    rest_.remove_prefix(1);
    skip_space();
    return true;
  }
  if (!rest_.starts_with('}')) return broken();
  rest_.remove_prefix(1);
  skip_space();
  state_ = rest_.empty() ? State::kEnd : State::kBroken;
  return state_ == State::kEnd;
}

Error JsonMembers::error() const {
  return {ErrorCode::kInvalid, "it is not a JSON object; expected one on each line"};
}

bool JsonMembers::open() {
  skip_space();
  if (!rest_.starts_with('{')) return broken();
  rest_.remove_prefix(1);
  skip_space();
  state_ = State::kInside;
  if (rest_ != "}") return true;
  state_ = State::kEnd;
  return false;
}

bool JsonMembers::take_string(std::string_view& text) {
  if (!rest_.starts_with('"')) return false;
  const std::size_t length = string_length(rest_);
  if (length == 0) return false;
  text = rest_.substr(1, length - 2);
  rest_.remove_prefix(length);
  return true;
}

bool JsonMembers::take_value() {
  skip_space();
  const std::string_view start = rest_;
  if (!skip_nested()) return false;
  value_ = start.substr(0, start.size() - rest_.size());
  while (!value_.empty() && kSpace.find(value_.back()) != std::string_view::npos) {
    value_.remove_suffix(1);
  }
  return !value_.empty();
}

/// To the comma or brace that ends the value.
bool JsonMembers::skip_nested() {
  std::size_t depth = 0;
  while (!rest_.empty()) {
    const char c = rest_.front();
    if (depth == 0 && (c == ',' || c == '}')) return true;
    std::size_t length = 1;
    if (c == '"') length = string_length(rest_);
    if (length == 0) return false;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return false;
      --depth;
    }
    rest_.remove_prefix(length);
  }
  return false;
}

void JsonMembers::skip_space() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpace), rest_.size()));
}

}  // namespace sse::pub
