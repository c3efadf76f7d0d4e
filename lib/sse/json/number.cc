#include "sse/json/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <system_error>

#include "sse/base/ascii.h"

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

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

/// Where the first digit that is not zero stands: 1 is the place before the point, 0 the one behind
/// it. REQUIRES: there is one.
std::int64_t decimal_place(std::string_view mantissa) {
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_of("123456789");
  const auto place = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  return first < point ? place : place + 1;
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

std::size_t number_size(std::string_view text) {
  text = text.substr(0, kMaxNumberSize + 1);
  const std::size_t whole = !text.empty() && text.front() == '-' ? 1 : 0;
  std::size_t end = skip_digits(text, whole);
  if (end == whole) return 0;
  if (text[whole] == '0') end = whole + 1;  // no other digit follows it
  if (end < text.size() && text[end] == '.') {
    const std::size_t fraction = end + 1;
    end = skip_digits(text, fraction);
    if (end == fraction) return 0;
  }
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    std::size_t exponent = end + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    end = skip_digits(text, exponent);
    if (end == exponent) return 0;
  }
  return end;
}

bool is_past_double(std::string_view number) {
  const std::size_t mark = number.find_first_of("eE");
  const bool has_exponent = mark != std::string_view::npos;
  if (!has_exponent && number.size() <= std::numeric_limits<double>::max_exponent10) return false;
  double value = 0;
  const auto status = std::from_chars(number.data(), number.data() + number.size(), value).ec;
  if (status != std::errc::result_out_of_range) return false;
  // Too large, or too small: its exponent alone does not say, as there may be many zeros.
  std::int64_t exponent = 0;
  if (has_exponent) {
    std::string_view digits = number.substr(mark + 1);
    if (digits.front() == '+') digits.remove_prefix(1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec;
    if (read == std::errc::result_out_of_range) return digits.front() != '-';
  }
  return decimal_place(number.substr(0, mark)) + exponent > 0;
}

}  // namespace sse::json
