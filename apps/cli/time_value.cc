#include "cli/time_value.h"

#include <charconv>
#include <string>

#include "sse/base/quantities.h"
#include "sse/base/time_text.h"

namespace sse::cli {
namespace {

/// The last whole second that 64 bits of nanoseconds can hold.
constexpr std::int64_t kMaxSeconds = 9'223'372'035;
constexpr std::size_t kFractionDigits = 9;

Error not_a_time(std::string_view text) {
  return {ErrorCode::kInvalid,
          "'" + std::string(text) +
              "' is not a time; expected RFC 3339 (2026-01-31T12:00:00Z), @SECONDS since 1970, or "
              "a duration ago (5m)"};
}

/// All of `digits` as a number.
Result<std::int64_t> read_digits(std::string_view digits) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number);
  if (digits.empty() || digits.front() == '-' || error != std::errc() || end != digits.end()) {
    return Error{};
  }
  return number;
}

}  // namespace

Result<WallTime> parse_epoch(std::string_view text) {
  const auto point = text.find('.');
  std::string fraction(point == std::string_view::npos ? "0" : text.substr(point + 1));
  if (fraction.empty() || fraction.size() > kFractionDigits) return not_a_time(text);
  fraction.resize(kFractionDigits, '0');
  const auto seconds = read_digits(text.substr(0, point));
  const auto nanoseconds = read_digits(fraction);
  if (!seconds || !nanoseconds || *seconds > kMaxSeconds) return not_a_time(text);
  return WallTime(std::chrono::seconds(*seconds) + std::chrono::nanoseconds(*nanoseconds));
}

Result<WallTime> parse_time(std::string_view text, WallTime now) {
  if (text.starts_with('@')) {
    auto time = parse_epoch(text.substr(1));
    return time ? time : not_a_time(text);
  }
  if (auto time = parse_rfc3339(text)) return time;
  // A bare number is no "ago": it could as well be seconds since 1970.
  const bool has_unit = text.find_first_not_of("0123456789.") != std::string_view::npos;
  if (const auto ago = parse_duration(text); has_unit && ago && *ago <= now.time_since_epoch()) {
    return now - *ago;
  }
  return not_a_time(text);
}

}  // namespace sse::cli
