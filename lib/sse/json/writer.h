#pragma once

/// \file
/// JSON out: text is appended directly, no document is built. For strings: json/string.h.

#include <cstdint>
#include <string>

#include "sse/base/export.h"
#include "sse/base/uuid.h"
#include "sse/json/number.h"
#include "sse/json/string.h"

namespace sse::json {

/// In quotes.
SSE_EXPORT void append_uuid(std::string& out, const Uuid& uuid);

}  // namespace sse::json
