#pragma once

/// \file
/// Values and times of readings, as the formats have them, and the JSON made of them.

#include <optional>
#include <string>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/result.h"

namespace sse::pub {

/// A time of day: RFC 3339, or seconds since 1970 with or without `@`. With `now` also a duration
/// ago; without it that is refused, because a second run would mean another time. Error: kInvalid.
Result<WallTime> read_time(std::string_view text, std::optional<WallTime> now);

/// What follows the metric in a reading's JSON: `,"value":3,"timestamp":"..."}`. `value` is a JSON
/// number.
void write_reading(std::string_view value, const std::optional<WallTime>& time, std::string& json);

}  // namespace sse::pub
