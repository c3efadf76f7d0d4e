#pragma once

/// \file
/// Wall time as text: RFC 3339, both ways.

#include <chrono>
#include <string>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse {

/// Times that are read from text are before this one, and not before 1970.
inline constexpr std::chrono::sys_seconds kEndOfTimes =
    std::chrono::sys_days(std::chrono::year{2262} / 1 / 1);

/// RFC 3339 date-time with any offset (`2026-01-31T12:00:00.25+01:00`); digits past nanoseconds are
/// cut off, and a leap second reads as the second after it. Years 1970 to 2261. Error: kInvalid
/// for another form, kTooLarge for another year.
SSE_EXPORT Result<WallTime> parse_rfc3339(std::string_view text);

/// RFC 3339 in UTC with `Z` and no more fraction digits than needed: `2026-01-31T11:00:00.25Z`.
SSE_EXPORT std::string format_rfc3339(WallTime time);
SSE_EXPORT void append_rfc3339(std::string& out, WallTime time);

/// The same with exactly nine digits of a second, so that texts sort as their times do.
SSE_EXPORT std::string format_rfc3339_nanos(WallTime time);

/// The same with exactly three digits. Event ids reach past the year 9999, RFC 3339 does not: empty
/// there.
SSE_EXPORT std::string format_rfc3339_millis(std::chrono::sys_time<std::chrono::milliseconds> time);

}  // namespace sse
