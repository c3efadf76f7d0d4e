#pragma once

/// \file
/// Answers of the API: JSON with its status and headers.

#include <string>

#include "sse/base/result.h"
#include "sse/base/uuid.h"

namespace sse::http {
struct Response;
}

namespace sse::web {

inline constexpr char kJsonType[] = "application/json";

/// 400, 403, 404, 409, 413, 503, 504, 507 or 500.
int status_of(ErrorCode code);

void answer_json(http::Response& response, int status, std::string body);

/// `{"error":"..."}` with the status of its code; 503 says when to try again, 403 that the
/// credential does not reach (`WWW-Authenticate`).
void answer_error(http::Response& response, const Error& error);

/// `SSE-Event-Id`, of a write that made one event.
void set_event_id(http::Response& response, const Uuid& event_id);

}  // namespace sse::web
