#pragma once

#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/result.h"

namespace sse::cli {

/// A time as people write it: RFC 3339, `@1700000000.25` (seconds since 1970), or a duration with
/// its unit before `now` (`5m`). Error: kInvalid for another form, kTooLarge out of range.
Result<WallTime> parse_time(std::string_view text, WallTime now);

/// Seconds since 1970, a fraction cut off at nanoseconds: `1700000000.25`. Errors as above.
Result<WallTime> parse_epoch(std::string_view text);

}  // namespace sse::cli
