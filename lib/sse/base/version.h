#pragma once

#include <string_view>

#include "sse/base/export.h"

namespace sse {

/// The library's, as CMake's project() has it: `0.1.0`.
SSE_EXPORT std::string_view version();

}  // namespace sse
