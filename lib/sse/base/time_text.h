#pragma once

/// \file
/// Wall time as text: RFC 3339, both ways.

#include <string>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse {

/// RFC 3339 date-time with any offset, up to nanoseconds (`2026-01-31T12:00:00.25+01:00`); a leap
/// second reads as the second after it. Years 1970 to 2261. Error: kInvalid, naming the text and
/// the form expected.
SSE_EXPORT Result<WallTime> parse_rfc3339(std::string_view text);

/// RFC 3339 in UTC with `Z` and no more fraction digits than needed: `2026-01-31T11:00:00.25Z`.
SSE_EXPORT std::string format_rfc3339(WallTime time);

}  // namespace sse
