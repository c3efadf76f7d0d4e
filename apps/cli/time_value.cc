#include "cli/time_value.h"

#include <charconv>
#include <cstdint>
#include <ctime>
#include <limits>
#include <string>

#include "sse/base/escape.h"
#include "sse/base/quantities.h"
#include "sse/base/time_text.h"

namespace sse::cli {
namespace {

constexpr std::size_t kFractionDigits = 9;

Error not_a_time(std::string_view text) {
  return {ErrorCode::kInvalid,
          quoted(text) +
              " is not a time; expected RFC 3339 (2026-01-31T12:00:00Z), @SECONDS since 1970, a "
              "duration ago (5m), now, today, yesterday, or a local time (2026-01-31 12:00)"};
}

Error out_of_range(std::string_view text) {
  return {ErrorCode::kTooLarge,
          quoted(text) + " is out of range: expected a time from 1970 to 2261"};
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// `digits` as a number; a huge one when it does not fit.
std::int64_t number_of(std::string_view digits) {
  std::int64_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return read.ec == std::errc() ? number : std::numeric_limits<std::int64_t>::max();
}

/// A date of this machine's calendar, at a time of its clock. nullopt: there is no such date.
std::optional<WallTime> at_local(std::tm date) {
  const std::tm wanted = date;
  date.tm_isdst = -1;
  const std::time_t seconds = std::mktime(&date);
  const bool is_same = date.tm_year == wanted.tm_year && date.tm_mon == wanted.tm_mon &&
                       date.tm_mday == wanted.tm_mday;
  if (!is_same || seconds < 0 || seconds >= kEndOfTimes.time_since_epoch().count()) {
    return std::nullopt;
  }
  return WallTime(std::chrono::seconds(seconds));
}

/// The start of the local day that is `days` from today.
std::optional<WallTime> start_of_day(WallTime now, int days) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::tm date{};
  ::localtime_r(&seconds, &date);
  date.tm_hour = date.tm_min = date.tm_sec = 0;
  date.tm_mday += days;
  date.tm_isdst = -1;
  return WallTime(std::chrono::seconds(std::mktime(&date)));
}

/// `2026-11-28`, `2026-11-28 06:00` or `2026-11-28 06:00:00`, local.
std::optional<WallTime> read_local(const std::string& text) {
  for (const char* format : {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"}) {
    std::tm date{};
    const char* const end = ::strptime(text.c_str(), format, &date);
    if (end != nullptr && *end == '\0') return at_local(date);
  }
  return std::nullopt;
}

/// Seconds since 1970; `text` is what was given, for errors.
Result<WallTime> read_epoch(std::string_view seconds, std::string_view text) {
  const bool is_before_1970 = seconds.starts_with('-');
  if (is_before_1970) seconds.remove_prefix(1);
  const auto point = seconds.find('.');
  std::string fraction(point == std::string_view::npos ? "0" : seconds.substr(point + 1));
  const auto whole = seconds.substr(0, point);
  if (!is_digits(whole) || !is_digits(fraction)) return not_a_time(text);
  const std::int64_t count = number_of(whole);
  if (is_before_1970 || count >= kEndOfTimes.time_since_epoch().count()) return out_of_range(text);
  fraction.resize(kFractionDigits, '0');
  return WallTime(std::chrono::seconds(count) + std::chrono::nanoseconds(number_of(fraction)));
}

}  // namespace

Result<WallTime> parse_epoch(std::string_view text) {
  return read_epoch(text, text);
}

std::optional<WallTime> parse_human_time(std::string_view text, WallTime now) {
  if (text == "now") return now;
  if (text == "today") return start_of_day(now, 0);
  if (text == "yesterday") return start_of_day(now, -1);
  if (text.starts_with('-') && text.find_first_not_of("0123456789.", 1) != text.npos) {
    const auto ago = parse_duration(text.substr(1));
    if (!ago || *ago > now.time_since_epoch()) return std::nullopt;
    return now - *ago;
  }
  return read_local(std::string(text));
}

Result<WallTime> parse_time(std::string_view text, WallTime now) {
  if (const auto time = parse_human_time(text, now)) return *time;
  if (text.starts_with('@')) return read_epoch(text.substr(1), text);
  auto time = parse_rfc3339(text);
  if (time || time.error().code == ErrorCode::kTooLarge) return time;
  // A bare number is not "ago": it could as well be seconds since 1970.
  const bool has_unit = text.find_first_not_of("0123456789.") != std::string_view::npos;
  const auto ago = parse_duration(text);
  if (!has_unit || (!ago && ago.error().code == ErrorCode::kInvalid)) return not_a_time(text);
  if (!ago || *ago > now.time_since_epoch()) return out_of_range(text);
  return now - *ago;
}

}  // namespace sse::cli
