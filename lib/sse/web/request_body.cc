#include "sse/web/request_body.h"

#include "sse/base/ascii.h"
#include "sse/http/request.h"
#include "sse/json/reader.h"

namespace sse::web {
namespace {

bool is_ndjson(const http::Request& request) {
  static constexpr std::string_view kType = "application/x-ndjson";
  std::string_view type = request.fields.get("Content-Type");
  type = json::trim_space(type.substr(0, type.find(';')));
  return equals_ignoring_case(type, kType);
}

Error empty_body() {
  return {ErrorCode::kInvalid, "the body is empty; expected JSON"};
}

}  // namespace

Result<RequestBody> read_request_body(const http::Request& request) {
  const std::string_view text = json::trim_space(request.body);
  if (text.empty()) return empty_body();
  if (is_ndjson(request)) return RequestBody{BodyShape::kLines, text};
  return RequestBody{text.front() == '[' ? BodyShape::kArray : BodyShape::kObject, text};
}

Status check_body(const http::Request& request) {
  if (json::trim_space(request.body).empty()) return empty_body();
  return {};
}

}  // namespace sse::web
