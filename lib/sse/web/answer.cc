#include "sse/web/answer.h"

#include "sse/http/error_response.h"
#include "sse/http/response.h"

namespace sse::web {
namespace {

// A hub that drains is gone, or back, within seconds.
constexpr char kRetryAfterSeconds[] = "5";

// RFC 6750 section 3.1.
constexpr char kInsufficientScope[] = R"(Bearer error="insufficient_scope")";

}  // namespace

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return 400;
    case ErrorCode::kForbidden:
      return 403;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kTooLarge:
      return 413;
    case ErrorCode::kUnavailable:
      return 503;
    case ErrorCode::kUnknown:
      return 504;
    case ErrorCode::kFull:
      return 507;
    case ErrorCode::kNotAllowed:
    case ErrorCode::kIo:
      return 500;
  }
  return 500;
}

void answer_json(http::Response& response, int status, std::string body) {
  response.status = status;
  response.body = std::move(body);
  response.fields.set("Content-Type", kJsonType);
}

void answer_error(http::Response& response, const Error& error) {
  http::error_response(response, status_of(error.code), error.text);
  if (error.code == ErrorCode::kUnavailable) response.fields.set("Retry-After", kRetryAfterSeconds);
  if (error.code == ErrorCode::kForbidden) {
    response.fields.set("WWW-Authenticate", kInsufficientScope);
  }
}

void set_event_id(http::Response& response, const Uuid& event_id) {
  response.fields.add("SSE-Event-Id", to_string(event_id));
}

}  // namespace sse::web
