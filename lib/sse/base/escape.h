#pragma once

/// \file
/// Text from outside, made fit for a line that a person reads.

#include <string>
#include <string_view>

#include "sse/base/export.h"

namespace sse {

/// `text` with each byte of a control character or of invalid UTF-8 as `\xNN`; all else unchanged.
SSE_EXPORT std::string escaped(std::string_view text);

/// `text` as error texts show it: escaped, in double quotes, and no longer than 80 bytes of it.
SSE_EXPORT std::string quoted(std::string_view text);

}  // namespace sse
