#pragma once

/// \file
/// JSON out: text is appended directly, no document is built.

#include <cstdint>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/uuid.h"

namespace sse::api {

/// In quotes, escaped; bytes that are no UTF-8 become U+FFFD.
SSE_EXPORT void append_json_string(std::string& out, std::string_view text);

/// The shortest form that reads back as the same double. Precondition: finite.
SSE_EXPORT void append_json_number(std::string& out, double value);

SSE_EXPORT void append_json_integer(std::string& out, std::int64_t value);

/// In quotes.
SSE_EXPORT void append_json_uuid(std::string& out, const Uuid& uuid);

}  // namespace sse::api
