#pragma once

/// \file
/// The escapes of JSON strings: `\n`, `\u00e9`, and `\ud83d\ude00`, a pair that is one character.

#include <cstddef>
#include <string>
#include <string_view>

#include "sse/base/export.h"

namespace sse::json {

/// Bytes at the start that stand for themselves: ASCII but for quotes, backslashes and control
/// characters. Most text is nothing else.
SSE_EXPORT std::size_t count_plain(std::string_view text);

/// Appends the character of the escape that `text` starts with. How many bytes the escape takes;
/// 0 when there is none: half a pair is not one.
SSE_EXPORT std::size_t append_escaped(std::string_view text, std::string& out);

}  // namespace sse::json
