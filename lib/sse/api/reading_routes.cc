#include "sse/api/reading_routes.h"

#include <httplib.h>

#include "sse/api/answer.h"
#include "sse/api/metric_json.h"
#include "sse/api/request_body.h"
#include "sse/base/time_text.h"
#include "sse/domain/record_reading.h"
#include "sse/http/router.h"

namespace sse::api {
namespace {

constexpr char kExpectedTime[] = "an RFC 3339 time such as \"2026-01-31T12:00:00Z\"";

Result<Uuid> parse_metric_id(std::string_view text) {
  if (const auto id = parse_uuid(text)) return *id;
  return field_error("metric_id", "a UUID", in_quotes(text));
}

Result<WallTime> parse_timestamp(std::string_view text) {
  if (const auto time = parse_rfc3339(text)) return *time;
  return field_error("timestamp", kExpectedTime, in_quotes(text));
}

Result<domain::NewReading> parse_new_reading(const JsonObject& object) {
  domain::NewReading wanted;
  const auto metric_id = SSE_TRY(object.required_string("metric_id", "a UUID in a string"));
  wanted.value = SSE_TRY(object.required_number("value", "a finite number"));
  SSE_TRY(object.check_keys({"metric_id", "value", "timestamp"}));
  wanted.metric_id = SSE_TRY(parse_metric_id(metric_id));
  const auto timestamp = SSE_TRY(object.optional_string("timestamp", kExpectedTime));
  if (timestamp) wanted.timestamp = SSE_TRY(parse_timestamp(*timestamp));
  return wanted;
}

}  // namespace

void ReadingRoutes::add_to(http::Router& router) {
  router.add("POST", "/metrics/readings",
             [this](const httplib::Request& request, httplib::Response& response) {
               record(request, response);
             });
}

void ReadingRoutes::record(const httplib::Request& request, httplib::Response& response) const {
  const auto body = read_request_body(request);
  if (!body) return answer_error(response, body.error());
  if (body->shape == BodyShape::kObject) return record_one(request, response);
  record_many(*body, response);
}

void ReadingRoutes::record_one(const httplib::Request& request, httplib::Response& response) const {
  JsonReader reader;
  if (const auto read = read_object(request, reader); !read) {
    return answer_error(response, read.error());
  }
  const auto wanted = parse_new_reading(reader.object());
  if (!wanted) return answer_error(response, wanted.error());
  const auto recorded = domain::record_reading(ports_, *wanted);
  if (!recorded) return answer_error(response, recorded.error());

  std::string body;
  body.reserve(kUsualReadingSize);
  append_reading(body, recorded->reading);
  answer_json(response, 201, std::move(body));
  set_event_id(response, recorded->event_id);
}

void ReadingRoutes::record_many(const RequestBody& body, httplib::Response& response) const {
  const auto parsed = parse_items<domain::NewReading>(body, parse_new_reading);
  if (!parsed) return answer_error(response, parsed.error());
  std::vector<domain::NewReading> wanted;
  wanted.reserve(parsed->size());
  for (const auto& item : *parsed) {
    if (item) wanted.push_back(*item);
  }
  const auto recorded = domain::record_readings(ports_, wanted);

  BatchAnswer answer;
  auto next = recorded.begin();
  for (const auto& item : *parsed) {
    if (!item) {
      answer.reject(item.error());
    } else if (const auto& result = *next++; result) {
      answer.accept(result->reading.id);
    } else {
      answer.reject(result.error());
    }
  }
  answer.send(response);
}

}  // namespace sse::api
