#pragma once

#include <string>
#include <string_view>

#include "sse/base/export.h"

namespace sse::client {

/// Whether `text` is one JSON value, and valid UTF-8.
SSE_EXPORT bool is_json(std::string_view text);

/// Appends `text` as a JSON string; invalid UTF-8 becomes U+FFFD.
SSE_EXPORT void append_json_string(std::string_view text, std::string& out);

}  // namespace sse::client
