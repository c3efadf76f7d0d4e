#pragma once

#include <string_view>

#include "sse/base/export.h"

namespace sse::http {

struct Response;

/// What a peer is sent when the fault is ours.
inline constexpr std::string_view kInternalError = "internal error: see the server's log";

/// Makes `response` an error as every route answers it: `{"error":"<text>"}` as application/json.
/// Header fields that are set already stay. The text says what is wrong and what was expected;
/// bytes in it that are not UTF-8 become U+FFFD.
SSE_EXPORT void error_response(Response& response, int status, std::string_view text);

}  // namespace sse::http
