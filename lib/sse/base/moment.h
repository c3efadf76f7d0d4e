#pragma once

#include <optional>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/export.h"

namespace sse {

/// A time as people ask for one: RFC 3339, `@` and seconds since 1970 (with up to nine digits of a
/// second), or how long ago it was, with a unit (`5m`). What would be before 1970 is 1970. nullopt
/// for anything else.
SSE_EXPORT std::optional<WallTime> parse_moment(std::string_view text, const Now& now);

}  // namespace sse
