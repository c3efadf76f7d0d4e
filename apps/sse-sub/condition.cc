#include "condition.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "sse/client/hub_json.h"

#include "expression.h"

namespace sse::sub {
namespace {

using Kind = json::Value::Kind;

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kOperatorStarts = "=!<>";

/// What ends a pointer that is not in quotes.
constexpr std::string_view kPointerEnds = " \t=!<>";

}  // namespace

Number Number::read(std::string_view text) {
  const char* const end = text.data() + text.size();
  Number number;
  std::int64_t whole = 0;
  if (const auto read = std::from_chars(text.data(), end, whole);
      read.ec == std::errc{} && read.ptr == end) {
    number.whole = whole;
    number.real = static_cast<double>(whole);
    return number;
  }
  if (std::from_chars(text.data(), end, number.real).ec == std::errc::result_out_of_range) {
    number.real = std::strtod(std::string(text).c_str(), nullptr);  // next to zero
  }
  return number;
}

std::partial_ordering Number::operator<=>(const Number& other) const {
  if (whole && other.whole) return *whole <=> *other.whole;
  return real <=> other.real;
}

/// Reads one expression from left to right.
class Condition::Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Condition> read() {
    Condition condition;
    skip_blanks();
    if (at_end()) return error_at(text_, at_, "expected a JSON Pointer such as /value");
    if (kOperatorStarts.find(text_[at_]) == std::string_view::npos) {
      condition.pointer_ = SSE_TRY(read_pointer(text_, at_, kPointerEnds));
      skip_blanks();
    }
    if (at_end()) return condition;
    condition.operator_ = SSE_TRY(read_operator());
    skip_blanks();
    const std::size_t start = at_;
    if (at_end()) return error_at(text_, at_, "expected a value to compare with");
    if (condition.operator_ == Operator::kMatches) {
      condition.pattern_ = SSE_TRY(read_pattern());
      return condition;
    }
    SSE_TRY(read_value(condition));
    const bool has_order = condition.kind_ == Kind::kNumber || condition.kind_ == Kind::kString;
    const bool wants_order =
        condition.operator_ != Operator::kEqual && condition.operator_ != Operator::kNotEqual;
    if (wants_order && !has_order) {
      return error_at(text_, start,
                      condition.text_ + " is neither more nor less than anything; use == or !=");
    }
    return condition;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }

  void skip_blanks() { at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size()); }

  Result<Operator> read_operator() {
    constexpr std::array<std::pair<std::string_view, Operator>, 7> kOperators{
        {{"==", Operator::kEqual},
         {"!=", Operator::kNotEqual},
         {"<=", Operator::kLessOrEqual},
         {">=", Operator::kGreaterOrEqual},
         {"=~", Operator::kMatches},
         {"<", Operator::kLess},
         {">", Operator::kGreater}}};
    for (const auto& [spelling, op] : kOperators) {
      if (text_.substr(at_, spelling.size()) != spelling) continue;
      at_ += spelling.size();
      return op;
    }
    return error_at(text_, at_, "expected ==, !=, <, <=, >, >= or =~");
  }

  /// What is left, without blanks at its end.
  std::string_view rest() const {
    const auto left = text_.substr(at_);
    return left.substr(0, left.find_last_not_of(kBlanks) + 1);
  }

  Result<Pattern> read_pattern() {
    std::string_view source = rest();
    if (source.size() > 1 && source.front() == '"' && source.back() == '"') {
      source = source.substr(1, source.size() - 2);
    }
    auto pattern = Pattern::compile(source);
    if (!pattern) return error_at(text_, at_, pattern.error().text);
    return pattern;
  }

  Status read_value(Condition& condition) {
    const std::string_view value = rest();
    if (value.front() == '"') {
      if (string_at(text_, at_).size() != value.size()) {
        return error_at(text_, at_, "expected one JSON string, and nothing behind it");
      }
      condition.kind_ = Kind::kString;
      json::append_text_of({Kind::kString, value}, condition.text_);
      return {};
    }
    if (value.find_first_of(" \t\"'") != std::string_view::npos) {
      return error_at(text_, at_,
                      "expected one number, word or \"text in double quotes\"; more conditions are "
                      "more --where");
    }
    if (value.front() == '{' || value.front() == '[') {
      return error_at(text_, at_, "objects and lists cannot be compared; point at what is inside");
    }
    condition.text_ = value;
    condition.kind_ = client::is_json(value) ? json::whole_value(value).kind : Kind::kString;
    if (condition.kind_ == Kind::kNumber) condition.number_ = Number::read(value);
    return {};
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

Result<Condition> Condition::parse(std::string_view text) {
  return Reader(text).read();
}

bool Condition::holds(std::string_view json) const {
  const auto value = pointer_.find(json);
  if (!value) return false;
  if (operator_ == Operator::kExists) return true;
  if (operator_ != Operator::kMatches && value->kind != kind_) {
    return operator_ == Operator::kNotEqual;  // another type is another value, and has no order
  }
  if (operator_ != Operator::kMatches && kind_ == Kind::kNumber) {
    return fits(operator_, Number::read(value->text) <=> number_);
  }
  std::string text;
  json::append_text_of(*value, text);
  if (operator_ == Operator::kMatches) return pattern_->matches(text);
  return fits(operator_, text <=> text_);
}

bool Condition::fits(Operator op, std::partial_ordering order) {
  switch (op) {
    case Operator::kEqual:
      return order == 0;
    case Operator::kNotEqual:
      return order != 0;
    case Operator::kLess:
      return order < 0;
    case Operator::kLessOrEqual:
      return order <= 0;
    case Operator::kGreater:
      return order > 0;
    case Operator::kGreaterOrEqual:
      return order >= 0;
    case Operator::kExists:
    case Operator::kMatches:
      break;
  }
  return false;
}

}  // namespace sse::sub
