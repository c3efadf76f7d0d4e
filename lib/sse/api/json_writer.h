#pragma once

/// \file
/// JSON out: text is appended directly, no document is built. For strings: base/json_string.h.

#include <cstdint>
#include <string>

#include "sse/base/export.h"
#include "sse/base/json_string.h"
#include "sse/base/uuid.h"

namespace sse::api {

/// The shortest form that reads back as the same double, laid out as in ECMA-262: in fixed notation
/// for 1e-6 <= |value| < 1e21, else with an exponent. REQUIRES: finite.
SSE_EXPORT void append_json_number(std::string& out, double value);

SSE_EXPORT void append_json_integer(std::string& out, std::int64_t value);

/// In quotes.
SSE_EXPORT void append_json_uuid(std::string& out, const Uuid& uuid);

}  // namespace sse::api
