#pragma once

#include <string>
#include <string_view>

#include "sse/base/export.h"

namespace sse::json {

/// Appends `text` as a JSON string (RFC 8259), quotes included. Bytes that are not UTF-8 become
/// U+FFFD. One line: control characters are escaped.
SSE_EXPORT void append_string(std::string& out, std::string_view text);

}  // namespace sse::json
