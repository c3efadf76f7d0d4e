#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sse/base/export.h"

namespace sse::json {

/// The shortest form that reads back as the same double, laid out as in ECMA-262: in fixed notation
/// for 1e-6 <= |value| < 1e21, else with an exponent. REQUIRES: finite.
SSE_EXPORT void append_number(std::string& out, double value);

SSE_EXPORT void append_integer(std::string& out, std::int64_t value);

/// A longer one is refused (RFC 8259 section 9): no sender means its last digits.
inline constexpr std::size_t kMaxNumberSize = 1'000;

/// How many characters the number takes that `text` starts with, at most kMaxNumberSize + 1. 0:
/// there is none.
SSE_EXPORT std::size_t number_size(std::string_view text);

/// Whether a number is past what a double holds. REQUIRES: number_size() is the size of `number`.
SSE_EXPORT bool is_past_double(std::string_view number);

}  // namespace sse::json
