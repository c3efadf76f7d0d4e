#include "sse/json/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <string_view>

namespace sse::json {
namespace {

constexpr std::size_t kLongestNumber = 32;

/// The shortest decimal that reads back as the same number: 0.DIGITS times ten to the `point`.
struct Decimal {
  char digits[kLongestNumber];
  std::size_t count = 0;
  int point = 0;
};

/// REQUIRES: `size` is finite and more than 0.
Decimal shortest_decimal(double size) {
  char text[kLongestNumber];
  char* const end =
      std::to_chars(std::begin(text), std::end(text), size, std::chars_format::scientific).ptr;
  const char* const mark = std::find(std::begin(text), end, 'e');
  Decimal decimal;
  for (const char* at = text; at != mark; ++at) {
    if (*at != '.') decimal.digits[decimal.count++] = *at;
  }
  const bool is_negative = mark[1] == '-';
  int exponent = 0;
  std::from_chars(mark + 2, end, exponent);
  decimal.point = (is_negative ? -exponent : exponent) + 1;
  return decimal;
}

/// As Number::toString() of ECMA-262 lays the digits out.
void append_decimal(std::string& out, const Decimal& decimal) {
  constexpr int kLeastFixed = -5;  // 1e-6
  constexpr int kMostFixed = 21;
  const std::string_view digits(decimal.digits, decimal.count);
  const auto count = static_cast<int>(decimal.count);
  const int point = decimal.point;
  if (point < kLeastFixed || point > kMostFixed) {
    out += digits.front();
    if (count > 1) out.append(".").append(digits.substr(1));
    out.append(point > 0 ? "e+" : "e");
    append_integer(out, point - 1);
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (point >= count) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else {
    const auto whole = static_cast<std::size_t>(point);
    out.append(digits.substr(0, whole)).append(".").append(digits.substr(whole));
  }
}

}  // namespace

void append_number(std::string& out, double value) {
  // Most numbers are as std::to_chars() writes them. It takes the shorter notation, though, and
  // 1e+05 is not a number to a shell; and past 2^53 it writes digits that mean nothing.
  constexpr double kLastExact = 9'007'199'254'740'992;
  if (std::abs(value) < kLastExact && value != 0) {
    char text[kLongestNumber];
    char* const end = std::to_chars(std::begin(text), std::end(text), value).ptr;
    if (std::find(std::begin(text), end, 'e') == end) {
      out.append(text, end);
      return;
    }
  }
  if (std::signbit(value)) out += '-';
  if (value == 0) {
    out += '0';
  } else {
    append_decimal(out, shortest_decimal(std::abs(value)));
  }
}

void append_integer(std::string& out, std::int64_t value) {
  char text[kLongestNumber];
  const auto end = std::to_chars(std::begin(text), std::end(text), value).ptr;
  out.append(std::begin(text), end);
}

}  // namespace sse::json
