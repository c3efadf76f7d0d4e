#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/result.h"
#include "sse/json/pointer.h"

#include "pattern.h"

namespace sse::sub {

/// A JSON number to compare with: exact for whole numbers of 64 bits, as a double otherwise.
struct Number {
  std::optional<std::int64_t> whole;
  double real = 0;

  /// `text` must be a number of JSON.
  static Number read(std::string_view text);
  std::partial_ordering operator<=>(const Number& other) const;
};

/// What an event's data must say, one `--where`: `POINTER OPERATOR VALUE`, or `POINTER` alone for
/// what must be there. docs/sse-sub.md has the rules. Immutable.
class Condition {
 public:
  /// Error: kInvalid, with the column.
  static Result<Condition> parse(std::string_view text);

  /// `json` must be JSON: client::is_json().
  bool holds(std::string_view json) const;

 private:
  enum class Operator {
    kExists,
    kEqual,
    kNotEqual,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
    kMatches
  };
  class Reader;

  static bool fits(Operator op, std::partial_ordering order);

  json::Pointer pointer_;
  Operator operator_ = Operator::kExists;
  json::Value::Kind kind_ = json::Value::Kind::kNull;  // of what is compared with
  std::string text_;                                   // of a string, true, false, null
  Number number_;
  std::optional<Pattern> pattern_;
};

}  // namespace sse::sub
