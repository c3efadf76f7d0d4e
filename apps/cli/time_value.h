#pragma once

#include <optional>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/result.h"

namespace sse::cli {

/// A time as people write it: RFC 3339, `@1700000000.25` (seconds since 1970), a duration with its
/// unit before `now` (`5m`), or what parse_human_time() takes. Error: kInvalid for another form,
/// kTooLarge out of range.
Result<WallTime> parse_time(std::string_view text, WallTime now);

/// What only people write, on this machine's clock: `now`, `today`, `yesterday` (their starts),
/// `-1h`, `2026-01-31`, `2026-01-31 12:00` and with `:00` seconds.
std::optional<WallTime> parse_human_time(std::string_view text, WallTime now);

/// Seconds since 1970, a fraction cut off at nanoseconds: `1700000000.25`. Errors as above.
Result<WallTime> parse_epoch(std::string_view text);

}  // namespace sse::cli
