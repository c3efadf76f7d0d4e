#pragma once

/// \file
/// JSON out: text is appended directly, no document is built. For strings: base/json_string.h.

#include <cstdint>
#include <string>

#include "sse/base/export.h"
#include "sse/base/json_number.h"
#include "sse/base/json_string.h"
#include "sse/base/uuid.h"

namespace sse::api {

/// In quotes.
SSE_EXPORT void append_json_uuid(std::string& out, const Uuid& uuid);

}  // namespace sse::api
