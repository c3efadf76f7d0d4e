#include "sse/web/request_body.h"

#include <algorithm>

#include "sse/base/ascii.h"
#include "sse/http/request.h"
#include "sse/http/response.h"
#include "sse/json/writer.h"
#include "sse/web/answer.h"

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
  if (is_ndjson(request)) {
    return RequestBody{BodyShape::kLines, SSE_TRY(json::split_lines(text, kMaxBatchItems))};
  }
  if (text.front() == '[') {
    return RequestBody{BodyShape::kArray, SSE_TRY(json::split_array(text, kMaxBatchItems))};
  }
  return RequestBody{BodyShape::kObject, {text}};
}

Status read_object(const http::Request& request, json::Reader& reader) {
  if (json::trim_space(request.body).empty()) return empty_body();
  if (reader.read(request.body) != json::Outcome::kObject) return reader.error();
  return {};
}

void BatchAnswer::accept(const Uuid& id) {
  separate();
  ++accepted_;
  results_ += R"({"id":)";
  json::append_uuid(results_, id);
  results_ += '}';
}

void BatchAnswer::reject(const Error& error) {
  separate();
  ++rejected_;
  results_ += R"({"error":)";
  json::append_string(results_, error.text);
  results_ += '}';
  if (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kUnknown) of_all_ = error;
}

void BatchAnswer::send(http::Response& response) {
  if (accepted_ == 0 && of_all_) return answer_error(response, *of_all_);
  std::string body = R"({"accepted":)" + std::to_string(accepted_) + R"(,"rejected":)" +
                     std::to_string(rejected_) + R"(,"results":[)";
  body.append(results_).append("]}");
  answer_json(response, 200, std::move(body));
}

void BatchAnswer::separate() {
  if (!results_.empty()) results_ += ',';
}

}  // namespace sse::web
