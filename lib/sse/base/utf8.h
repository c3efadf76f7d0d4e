#pragma once

#include <cstddef>
#include <string_view>

#include "sse/base/export.h"

namespace sse {

/// Whether `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
SSE_EXPORT bool is_valid_utf8(std::string_view text);

/// Whether `text` holds a control character: C0, DEL, or C1 (U+0080 to U+009F) in UTF-8.
SSE_EXPORT bool has_control_character(std::string_view text);

/// Bytes of the well-formed character that `text` starts with; 0 when it starts with none.
SSE_EXPORT std::size_t utf8_character_length(std::string_view text);

}  // namespace sse
