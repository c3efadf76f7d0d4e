#include "sse/json/reader.h"

#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sse/json/plain_object.h"

namespace sse::json {
namespace {

using Json = nlohmann::json;

/// Shows the parser one byte after the other, and us how far it is: its events do not say.
class TrackedIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedIterator(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  TrackedIterator& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  TrackedIterator operator++(int) {
    const TrackedIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const TrackedIterator& a, const TrackedIterator& b) {
    return a.at_ == b.at_;
  }
  friend bool operator!=(const TrackedIterator& a, const TrackedIterator& b) { return !(a == b); }

 private:
  const char* at_;
  const char** reached_;
};

bool is_json_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// What nlohmann says, without its prefix and without what it read (which may be a megabyte).
std::string syntax_problem(const std::exception& exception) {
  std::string_view what = exception.what();
  if (const auto start = what.find(" - "); start != what.npos) what.remove_prefix(start + 3);
  if (const auto end = what.find("; last read"); end != what.npos) what = what.substr(0, end);
  return std::string(what);
}

/// nlohmann's SAX events, kept as far as an object's own members need them. A rule that is broken
/// is noted and parsing goes on, so that what is not JSON at all is still found out.
class ObjectBuilder final : public nlohmann::json_sax<Json> {
 public:
  explicit ObjectBuilder(Object& object, const char* text) : object_(object), reached_(text) {}

  const char** reached() { return &reached_; }
  std::optional<Error>& refusal() { return refusal_; }
  bool is_json() const { return is_json_; }
  const std::string& problem() const { return problem_; }

  bool null() override { return scalar(Kind::kNull, reached_); }
  bool boolean(bool) override { return scalar(Kind::kBoolean, reached_); }
  // The parser has read one byte more than the number to see its end.
  bool number_integer(number_integer_t) override { return number(); }
  bool number_unsigned(number_unsigned_t) override { return number(); }
  bool number_float(number_float_t, const string_t&) override { return number(); }
  bool binary(binary_t&) override { return false; }  // never in text

  bool string(string_t& value) override {
    if (depth_ == 1 && in_object_) object_.last().text = object_.keep(std::move(value));
    return scalar(Kind::kString, reached_);
  }

  bool start_object(std::size_t) override {
    if (depth_ == 0) {
      in_object_ = true;
    } else {
      keys_.emplace_back();
    }
    return open(Kind::kObject);
  }

  bool end_object() override {
    if (depth_ > 1) keys_.pop_back();
    return close();
  }

  bool start_array(std::size_t) override { return open(Kind::kArray); }
  bool end_array() override { return close(); }

  bool key(string_t& key) override {
    if (depth_ > 1 || !in_object_) {
      if (!keys_.back().insert(key).second) refuse_duplicate(key);
      return true;
    }
    after_key_ = reached_;
    if (object_.find(key) != nullptr) refuse_duplicate(key);
    if (object_.size() < kMaxFields) {
      object_.add({object_.keep(std::move(key)), Kind::kNull, {}, {}});
    } else if (!refusal_) {
      refuse("expected at most " + std::to_string(kMaxFields) + " fields");
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& exception) override {
    constexpr int kNumberOverflow = 406;
    if (exception.id == kNumberOverflow) {
      const std::string_view field = depth_ > 0 && in_object_ && object_.size() > 0
                                         ? object_.last().key
                                         : std::string_view("body");
      if (!refusal_) refusal_ = field_error(field, "a finite number", "one past 1.8e308");
    } else {
      is_json_ = false;
      problem_ = "at byte " + std::to_string(position) + ": " + syntax_problem(exception);
    }
    return false;
  }

 private:
  bool number() { return scalar(Kind::kNumber, reached_ - 1); }

  bool scalar(Kind kind, const char* end) {
    if (depth_ == 0) refuse_root(kind);
    if (depth_ == 1 && in_object_) begin_member(kind);
    if (depth_ == 1 && in_object_) end_member(end);
    return true;
  }

  bool open(Kind kind) {
    if (depth_ == 0 && kind != Kind::kObject) refuse_root(kind);
    if (depth_ == 1 && in_object_) begin_member(kind);
    if (++depth_ <= kMaxDepth) return true;
    is_json_ = false;
    problem_ = "nested deeper than " + std::to_string(kMaxDepth) + " levels";
    return false;
  }

  bool close() {
    if (--depth_ == 1 && in_object_) end_member(reached_);
    return true;
  }

  /// Between the key and its value there are only white space and a colon.
  void begin_member(Kind kind) {
    value_ = after_key_;
    while (is_json_space(*value_) || *value_ == ':') ++value_;
    object_.last().kind = kind;
  }

  void end_member(const char* end) {
    object_.last().raw = {value_, static_cast<std::size_t>(end - value_)};
  }

  void refuse(std::string text) { refusal_ = Error{ErrorCode::kInvalid, std::move(text)}; }
  void refuse_root(Kind kind) {
    if (!refusal_) refuse("expected a JSON object, got " + std::string(to_string(kind)));
  }
  // The text is made once only: a body may repeat a key 200,000 times.
  void refuse_duplicate(std::string_view key) {
    if (!refusal_) refuse("the key " + in_quotes(key) + " is there twice; expected it once");
  }

  Object& object_;
  const char* reached_;
  const char* after_key_ = nullptr;
  const char* value_ = nullptr;
  std::size_t depth_ = 0;
  bool in_object_ = false;                   // the outermost value is an object
  std::vector<std::set<std::string>> keys_;  // of the objects inside: a set cannot be made slow
  std::optional<Error> refusal_;
  bool is_json_ = true;
  std::string problem_;
};

Error not_json(std::string_view problem) {
  return {ErrorCode::kInvalid, "expected JSON; " + std::string(problem)};
}

}  // namespace

Outcome Reader::read(std::string_view text) {
  object_.clear();
  if (read_plain_object(text, object_)) return Outcome::kObject;
  object_.clear();
  // nlohmann takes a NUL for the end of its input, and would not see what follows.
  if (text.find('\0') != text.npos) {
    error_ = not_json("there is a NUL byte");
    return Outcome::kNotJson;
  }
  // And passes over this, so that an item of an array could begin with it (RFC 8259 section 8.1).
  if (text.starts_with("\xEF\xBB\xBF")) {
    error_ = not_json("it starts with a byte order mark");
    return Outcome::kNotJson;
  }
  ObjectBuilder builder(object_, text.data());
  const char* end = text.data() + text.size();
  Json::sax_parse(TrackedIterator(text.data(), builder.reached()),
                  TrackedIterator(end, builder.reached()), &builder);
  if (!builder.is_json()) {
    error_ = not_json(builder.problem());
    return Outcome::kNotJson;
  }
  if (builder.refusal()) {
    error_ = std::move(*builder.refusal());
    return Outcome::kRefused;
  }
  return Outcome::kObject;
}

std::string_view trim_space(std::string_view text) {
  while (!text.empty() && is_json_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_json_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace sse::json
