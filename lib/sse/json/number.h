#pragma once

#include <cstdint>
#include <string>

#include "sse/base/export.h"

namespace sse::json {

/// The shortest form that reads back as the same double, laid out as in ECMA-262: in fixed notation
/// for 1e-6 <= |value| < 1e21, else with an exponent. REQUIRES: finite.
SSE_EXPORT void append_number(std::string& out, double value);

SSE_EXPORT void append_integer(std::string& out, std::int64_t value);

}  // namespace sse::json
