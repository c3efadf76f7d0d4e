#pragma once

#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/result.h"

namespace sse::cli {

/// A time as people write it: RFC 3339, `@1700000000.25` (seconds since 1970), or a duration with
/// its unit before `now` (`5m`). Error: kInvalid, naming the text and the forms expected.
Result<WallTime> parse_time(std::string_view text, WallTime now);

/// Seconds since 1970 with up to nine digits of fraction: `1700000000.25`. Error: kInvalid.
Result<WallTime> parse_epoch(std::string_view text);

}  // namespace sse::cli
