#include "sse/base/quantities.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "sse/base/ascii.h"
#include "sse/base/escape.h"

namespace sse {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kHour = 3600 * kSecond;

// From large to small: the order in which parts of a duration follow each other. A microsecond has
// three names, as in Go: with u, with the micro sign (U+00B5) and with the Greek letter (U+03BC).
constexpr std::array<Unit, 10> kDurationUnits = {{{"w", 168 * kHour},
                                                  {"d", 24 * kHour},
                                                  {"h", kHour},
                                                  {"m", 60 * kSecond},
                                                  {"s", kSecond},
                                                  {"ms", 1'000'000},
                                                  {"us", 1'000},
                                                  {"\xC2\xB5s", 1'000},
                                                  {"\xCE\xBCs", 1'000},
                                                  {"ns", 1}}};

constexpr std::uint64_t kKibi = 1024;

constexpr std::array<Unit, 15> kSizeUnits = {{{"", 1},
                                              {"B", 1},
                                              {"k", kKibi},
                                              {"K", kKibi},
                                              {"M", kKibi* kKibi},
                                              {"G", kKibi* kKibi* kKibi},
                                              {"T", kKibi* kKibi* kKibi* kKibi},
                                              {"KiB", kKibi},
                                              {"MiB", kKibi* kKibi},
                                              {"GiB", kKibi* kKibi* kKibi},
                                              {"TiB", kKibi* kKibi* kKibi* kKibi},
                                              {"kB", 1'000},
                                              {"MB", 1'000'000},
                                              {"GB", 1'000'000'000},
                                              {"TB", 1'000'000'000'000}}};

bool is_of_a_name(char c) {
  return is_letter(c) || static_cast<unsigned char>(c) >= 0x80;
}

/// Takes the longest prefix of `text` whose characters satisfy `accepts`.
template <typename Predicate>
std::string_view take_while(std::string_view& text, Predicate accepts) {
  const auto end = std::find_if_not(text.begin(), text.end(), accepts);
  const auto length = static_cast<std::size_t>(end - text.begin());
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(length);
  return taken;
}

/// A decimal number in digits, before it is multiplied by its unit.
struct Decimal {
  std::string_view whole;
  std::string_view fraction;
};

std::optional<Decimal> take_decimal(std::string_view& text) {
  Decimal number;
  number.whole = take_while(text, is_digit);
  if (number.whole.empty()) return std::nullopt;
  if (text.empty() || text.front() != '.') return number;
  text.remove_prefix(1);
  number.fraction = take_while(text, is_digit);
  if (number.fraction.empty()) return std::nullopt;
  return number;
}

/// Why a number is refused; the caller says the same in words.
Error not_in_form() {
  return {ErrorCode::kInvalid, {}};
}
Error out_of_range() {
  return {ErrorCode::kTooLarge, {}};
}

/// number * factor, when that is a whole number that fits. The fraction is folded from its last
/// digit, (rest + digit * factor) / 10: if the sum is whole, each of these divisions is exact.
Result<std::uint64_t> multiply(const Decimal& number, std::uint64_t factor) {
  std::uint64_t rest = 0;
  for (auto digit = number.fraction.rbegin(); digit != number.fraction.rend(); ++digit) {
    rest += static_cast<std::uint64_t>(*digit - '0') * factor;
    if (rest % 10 != 0) return not_in_form();
    rest /= 10;
  }
  std::uint64_t whole = 0;
  const char* const end = number.whole.data() + number.whole.size();
  if (std::from_chars(number.whole.data(), end, whole).ec != std::errc{}) return out_of_range();
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(whole, factor, &product)) return out_of_range();
  if (__builtin_add_overflow(product, rest, &product)) return out_of_range();
  return product;
}

/// Units that are allowed after `unit`: the smaller ones.
const Unit* after(const Unit* unit) {
  return std::find_if(unit, kDurationUnits.end(),
                      [&](const Unit& next) { return next.factor < unit->factor; });
}

Result<std::uint64_t> duration_ns(std::string_view text) {
  std::uint64_t sum = 0;
  bool fits = true;  // a text that is too long and not in the form is "not in the form"
  const Unit* allowed = kDurationUnits.begin();
  do {
    const auto number = take_decimal(text);
    if (!number) return not_in_form();
    std::string_view name = take_while(text, is_of_a_name);
    const bool is_bare_number = name.empty() && text.empty() && allowed == kDurationUnits.begin();
    if (is_bare_number) name = "s";
    const auto* const unit = std::find_if(allowed, kDurationUnits.end(),
                                          [&](const Unit& known) { return known.name == name; });
    if (unit == kDurationUnits.end()) return not_in_form();
    const auto part = multiply(*number, unit->factor);
    if (!part && part.error().code == ErrorCode::kInvalid) return part.error();
    fits = fits && part && !__builtin_add_overflow(sum, *part, &sum);
    allowed = after(unit);
  } while (!text.empty());
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!fits || sum > kMax) return out_of_range();
  return sum;
}

}  // namespace

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const auto ns = duration_ns(text);
  if (ns) return std::chrono::nanoseconds(static_cast<std::int64_t>(*ns));
  const bool is_range = ns.error().code == ErrorCode::kTooLarge;
  return Error{ns.error().code,
               quoted(text) + (is_range ? " is out of range: expected at most 106751d"
                                        : " is not a duration; expected e.g. 500ms, 60s, 1m30s, "
                                          "1.5h or 2d, down to whole nanoseconds")};
}

std::string format_duration(std::chrono::nanoseconds duration) {
  if (duration.count() == 0) return "0s";
  std::string text = duration.count() < 0 ? "-" : "";
  auto rest = static_cast<std::uint64_t>(duration.count());
  if (duration.count() < 0) rest = ~rest + 1;
  for (const Unit& unit : kDurationUnits) {
    if (unit.name == "w" || rest < unit.factor) continue;  // 14d says more than 2w
    text += std::to_string(rest / unit.factor);
    text += unit.name;
    rest %= unit.factor;
  }
  return text;
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::string_view rest = text;
  Result<std::uint64_t> bytes = not_in_form();
  if (const auto number = take_decimal(rest)) {
    const auto* const unit = std::find_if(kSizeUnits.begin(), kSizeUnits.end(),
                                          [&](const Unit& known) { return known.name == rest; });
    if (unit != kSizeUnits.end()) bytes = multiply(*number, unit->factor);
  }
  if (bytes) return bytes;
  const bool is_range = bytes.error().code == ErrorCode::kTooLarge;
  return Error{bytes.error().code,
               quoted(text) + (is_range ? " is out of range: expected less than 16777216T"
                                        : " is not a size; expected whole bytes, e.g. 65536, 64k, "
                                          "8M, 1G (powers of 1024) or 64kB, 8MB (powers of "
                                          "1000)")};
}

std::string format_size(std::uint64_t bytes) {
  for (const std::string_view name : {"T", "G", "M", "k"}) {
    const auto* const unit = std::find_if(kSizeUnits.begin(), kSizeUnits.end(),
                                          [&](const Unit& known) { return known.name == name; });
    if (bytes != 0 && bytes % unit->factor == 0) {
      return std::to_string(bytes / unit->factor).append(name);
    }
  }
  return std::to_string(bytes);
}

Result<double> parse_rate(std::string_view text) {
  std::string_view rest = text;
  const auto number = take_decimal(rest);
  const double seconds = rest.empty() || rest == "/s" ? 1
                         : rest == "/m"               ? 60
                         : rest == "/h"               ? 3600
                                                      : 0;
  double events = 0;
  if (number && seconds > 0) {
    const char* const end = text.data() + (text.size() - rest.size());
    if (std::from_chars(text.data(), end, events).ec == std::errc{} && events > 0) {
      return events / seconds;
    }
  }
  return Error{ErrorCode::kInvalid,
               quoted(text) +
                   " is not a rate; expected more than 0 events in a time, e.g. 200/s, 10/m or "
                   "5/h"};
}

std::optional<std::uint64_t> parse_digits(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::uint64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc{}) return std::nullopt;
  return number;
}

}  // namespace sse
