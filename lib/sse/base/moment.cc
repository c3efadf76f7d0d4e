#include "sse/base/moment.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>

#include "sse/base/ascii.h"
#include "sse/base/quantities.h"
#include "sse/base/time_text.h"

namespace sse {
namespace {

/// Seconds since 1970 with up to nine digits of fraction.
std::optional<WallTime> parse_unix_time(std::string_view text) {
  constexpr std::size_t kFractionDigits = 9;
  constexpr std::uint64_t kMaxSeconds = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
  const std::size_t point = std::min(text.find('.'), text.size());
  const auto seconds = parse_digits(text.substr(0, point));
  if (!seconds || *seconds >= kMaxSeconds) return std::nullopt;
  WallTime time{std::chrono::seconds(*seconds)};
  if (point == text.size()) return time;
  std::string fraction(text.substr(point + 1));
  if (fraction.empty() || fraction.size() > kFractionDigits) return std::nullopt;
  fraction.resize(kFractionDigits, '0');
  const auto nanoseconds = parse_digits(fraction);
  if (!nanoseconds) return std::nullopt;
  return time + std::chrono::nanoseconds(*nanoseconds);
}

}  // namespace

std::optional<WallTime> parse_moment(std::string_view text, const Now& now) {
  if (text.substr(0, 1) == "@") return parse_unix_time(text.substr(1));
  if (const auto time = parse_rfc3339(text)) return *time;
  // A bare number would be a duration elsewhere; here it could as well be a time or a count.
  if (text.empty() || is_digit(text.back())) return std::nullopt;
  const auto ago = parse_duration(text);
  if (!ago) return std::nullopt;
  return now.wall - std::min(*ago, now.wall.time_since_epoch());
}

}  // namespace sse
