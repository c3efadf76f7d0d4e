#include "sse/json/reader.h"

#include <algorithm>
#include <utility>

#include "sse/base/ascii.h"
#include "sse/base/utf8.h"
#include "sse/json/escape.h"
#include "sse/json/number.h"

namespace sse::json {
namespace {

// A byte takes 5 ns at most, as brackets do; plain text a tenth of it.
constexpr std::size_t kBytesPerStep = 2;
constexpr std::size_t kLeastBytes = 1;
// What it costs to keep a key of an object inside, and to look whether it is there.
constexpr std::size_t kBytesPerKey = 24;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_json_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

Outcome Reader::read(std::string_view text) {
  start(text);
  Budget no_limit(UINT64_MAX);
  return *go_on(no_limit);
}

void Reader::start(std::string_view text) {
  text_ = text;
  at_ = 0;
  state_ = State::kValue;
  outcome_ = Outcome::kObject;
  depth_ = 0;
  object_count_ = 0;
  keys_ = KeySet();
  object_.clear();
  if (text.starts_with(kByteOrderMark)) fail("a byte order mark");
}

std::optional<Outcome> Reader::go_on(Budget& budget) {
  do {
    read_part(budget);
    if (outcome_ == Outcome::kNotJson) return outcome_;
    if (at_ == text_.size()) {
      if (state_ != State::kEnd) fail_expecting(state_ == State::kInString ? "a quote" : "more");
      return outcome_;
    }
  } while (!budget.is_spent());
  return std::nullopt;
}

void Reader::read_part(Budget& budget) {
  const std::size_t begin = at_;
  const std::size_t left = text_.size() - begin;
  const bool is_enough = budget.left() >= left;
  const std::size_t most = is_enough ? left : kBytesPerStep * budget.left();
  stop_ = begin + std::min(left, std::max(most, kLeastBytes));
  extra_ = 0;
  while (at_ < stop_ && outcome_ != Outcome::kNotJson) step();
  budget.spend((at_ - begin + extra_) / kBytesPerStep);
}

void Reader::step() {
  if (state_ == State::kInString) return read_string();
  char c = text_[at_];
  if (is_json_space(c)) {
    skip_space();
    if (at_ == stop_) return;
    c = text_[at_];
  }
  switch (state_) {
    case State::kFirstElement:
      if (c == ']') return close();
      return read_value(c);
    case State::kValue:
      return read_value(c);
    case State::kFirstMember:
      if (c == '}') return close();
      [[fallthrough]];
    case State::kMember:
      if (c != '"') return fail_expecting("a key in quotes");
      return begin_string(true);
    case State::kColon:
      if (c != ':') return fail_expecting("a colon");
      ++at_;
      state_ = State::kValue;
      return;
    case State::kAfterValue:
      return read_separator(c);
    case State::kInString:
    case State::kEnd:
      return fail_expecting("the end");
  }
}

void Reader::skip_space() {
  while (at_ < stop_ && is_json_space(text_[at_])) ++at_;
}

void Reader::read_value(char first) {
  switch (first) {
    case '"':
      begin_value(Kind::kString);
      return begin_string(false);
    case '{':
      return open(Kind::kObject);
    case '[':
      return open(Kind::kArray);
    case 't':
      return read_word("true", Kind::kBoolean);
    case 'f':
      return read_word("false", Kind::kBoolean);
    case 'n':
      return read_word("null", Kind::kNull);
    default:
      return read_number();
  }
}

void Reader::read_word(std::string_view word, Kind kind) {
  if (!rest().starts_with(word)) return fail_expecting("a value");
  begin_value(kind);
  at_ += word.size();
  end_value();
}

void Reader::read_number() {
  const std::size_t size = number_size(rest());
  const bool is_begun = text_[at_] == '-' || is_digit(text_[at_]);
  if (size == 0) return is_begun ? fail("a number lacks a digit") : fail_expecting("a value");
  if (size > kMaxNumberSize) {
    const std::string most = "a number of at most " + std::to_string(kMaxNumberSize);
    return fail(field_error(field(), most + " characters", "a longer one"));
  }
  begin_value(Kind::kNumber);
  if (is_past_double(between(at_, at_ + size))) {
    refuse(field_error(field(), "a finite number", "one past 1.8e308"));
  }
  at_ += size;
  end_value();
}

void Reader::begin_string(bool is_key) {
  string_begin_ = copied_ = ++at_;
  is_key_ = is_key;
  has_escapes_ = false;
  state_ = State::kInString;
  read_string();
}

void Reader::read_string() {
  while (at_ < stop_) {
    at_ += count_plain(between(at_, stop_));
    if (at_ == stop_) return;
    const char c = text_[at_];
    if (c == '"') {
      return end_string();
    } else if (c == '\\') {
      if (!read_escape()) return fail("not an escape, or half of a surrogate pair");
    } else if (static_cast<unsigned char>(c) < 0x20) {
      return fail("a string holds " + found() + ", which must be escaped");
    } else {
      const std::size_t length = utf8_character_length(rest());
      if (length == 0) return fail("invalid UTF-8");
      at_ += length;
    }
  }
}

bool Reader::read_escape() {
  if (!std::exchange(has_escapes_, true)) decoded_.clear();
  decoded_.append(between(copied_, at_));
  const std::size_t size = append_escaped(rest(), decoded_);
  at_ += size;
  copied_ = at_;
  return size > 0;
}

void Reader::end_string() {
  std::string_view text = between(string_begin_, at_);
  if (has_escapes_) {
    decoded_.append(between(copied_, at_));
    text = is_in_outermost() ? object_.keep(std::move(decoded_)) : std::string_view(decoded_);
  }
  ++at_;
  if (is_key_) return end_key(text);
  if (is_in_outermost()) object_.last().text = text;
  end_value();
}

void Reader::end_key(std::string_view key) {
  const bool is_at_colon = at_ < stop_ && text_[at_] == ':';  // nearly always
  if (is_at_colon) ++at_;
  state_ = is_at_colon ? State::kValue : State::kColon;
  if (!is_in_outermost()) {
    extra_ += kBytesPerKey;
    stop_ = std::max(at_, stop_ - std::min(stop_, kBytesPerKey));
    if (outcome_ != Outcome::kObject) return;
    if (!keys_.insert(objects_[depth_ - 1], key)) refuse_duplicate(key);
    return;
  }
  if (object_.find(key) != nullptr) refuse_duplicate(key);
  if (object_.size() < kMaxFields) {
    object_.add({key, Kind::kNull, {}, {}});
  } else if (outcome_ == Outcome::kObject) {
    refuse({ErrorCode::kInvalid, "expected at most " + std::to_string(kMaxFields) + " fields"});
  }
}

void Reader::read_separator(char c) {
  const bool is_object = is_in_object();
  if (c == (is_object ? '}' : ']')) return close();
  if (c != ',') return fail_expecting(is_object ? "a comma or }" : "a comma or ]");
  ++at_;
  state_ = is_object ? State::kMember : State::kValue;
}

void Reader::open(Kind kind) {
  begin_value(kind);
  if (depth_ == max_depth_) {
    const std::string most = std::to_string(max_depth_);
    return fail(
        Error{ErrorCode::kInvalid, "expected JSON; nested deeper than " + most + " levels"});
  }
  const bool is_object = kind == Kind::kObject;
  objects_[depth_++] = is_object ? ++object_count_ : 0;
  state_ = is_object ? State::kFirstMember : State::kFirstElement;
  ++at_;
}

void Reader::close() {
  ++at_;
  --depth_;
  end_value();
}

void Reader::begin_value(Kind kind) {
  if (depth_ == 0) {
    if (kind == Kind::kObject) return;
    const std::string got(to_string(kind));
    refuse({ErrorCode::kInvalid, "expected a JSON object, got " + got});
  } else if (is_in_outermost()) {
    object_.last().kind = kind;
    value_begin_ = at_;
  }
}

void Reader::end_value() {
  if (depth_ == 0) {
    state_ = State::kEnd;
    return;
  }
  state_ = State::kAfterValue;
  if (is_in_outermost()) object_.last().raw = between(value_begin_, at_);
}

/// For an error: the field that the value here is in.
std::string_view Reader::field() {
  const bool is_in_member = depth_ > 0 && objects_[0] != 0 && object_.size() > 0;
  return is_in_member ? object_.last().key : std::string_view("body");
}

/// For an error: what stands here.
std::string Reader::found() const {
  if (at_ == text_.size()) return "the end";
  const char c = text_[at_];
  if (c == '\0') return "a NUL byte";
  if (c > ' ' && c < '\x7F') return {'\'', c, '\''};
  static constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  return {'b', 'y', 't', 'e', ' ', '0', 'x', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
}

void Reader::refuse(Error error) {
  if (outcome_ != Outcome::kObject) return;
  outcome_ = Outcome::kRefused;
  error_ = std::move(error);
}

// The text is made once only: a body may repeat a key 200,000 times.
void Reader::refuse_duplicate(std::string_view key) {
  if (outcome_ != Outcome::kObject) return;
  refuse({ErrorCode::kInvalid, "the key " + in_quotes(key) + " is there twice; expected it once"});
}

void Reader::fail(Error error) {
  outcome_ = Outcome::kNotJson;
  error_ = std::move(error);
}

void Reader::fail(std::string_view problem) {
  const std::string place = "at byte " + std::to_string(at_ + 1) + ": ";
  fail(Error{ErrorCode::kInvalid, "expected JSON; " + place + std::string(problem)});
}

void Reader::fail_expecting(std::string_view expected) {
  fail("expected " + std::string(expected) + ", got " + found());
}

std::string_view trim_space(std::string_view text) {
  while (!text.empty() && is_json_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_json_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace sse::json
