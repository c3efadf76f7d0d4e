#pragma once

/// \file
/// Durations, sizes and rates as people write them on a command line or in JSON.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse {

/// `500ms`, `60s`, `1m30s`, `1.5h`, `2d`; units ns us (µs, μs) ms s m h d w, case-sensitive, each
/// at most once and from large to small; a bare number is seconds; `0` is zero. Not negative.
/// Exact: digits are never taken through a floating-point number. Error: kInvalid for another form,
/// kTooLarge for one that is out of range.
SSE_EXPORT Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// What parse_duration() reads back, in days and smaller, parts of zero left out: `1m30s`, `500ms`,
/// `0s`.
SSE_EXPORT std::string format_duration(std::chrono::nanoseconds duration);

/// Bytes: `65536`, `64k` `8M` `1G` (powers of 1024), `64KiB`, and `64kB` `8MB` (powers of 1000).
/// Errors as of a duration.
SSE_EXPORT Result<std::uint64_t> parse_size(std::string_view text);

/// The shortest exact form with a 1024 unit: `64k`, `1000`.
SSE_EXPORT std::string format_size(std::uint64_t bytes);

/// Events a second, more than 0: `200/s`, `10/m`, `5/h`, `200`.
SSE_EXPORT Result<double> parse_rate(std::string_view text);

/// A number of digits only; nullopt also when it is too large.
SSE_EXPORT std::optional<std::uint64_t> parse_digits(std::string_view text);

}  // namespace sse
