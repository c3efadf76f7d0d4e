#include "sse/api/reading_routes.h"

#include <httplib.h>

#include "sse/api/answer.h"
#include "sse/api/later_answer.h"
#include "sse/api/metric_json.h"
#include "sse/api/request_body.h"
#include "sse/base/time_text.h"
#include "sse/domain/record_reading.h"
#include "sse/http/router.h"

namespace sse::api {
namespace {

constexpr char kExpectedTime[] = "an RFC 3339 time such as \"2026-01-31T12:00:00Z\"";
constexpr char kTimesInRange[] = "a time from 1970 to 2261";

Result<Uuid> parse_metric_id(std::string_view text) {
  if (const auto id = parse_uuid(text)) return *id;
  return field_error("metric_id", "a UUID", in_quotes(text));
}

/// Empty text means now, as when the member is missing.
Result<std::optional<WallTime>> parse_timestamp(std::string_view text) {
  if (text.empty()) return std::optional<WallTime>();
  const auto time = parse_rfc3339(text);
  if (time) return std::optional(*time);
  const bool is_range = time.error().code == ErrorCode::kTooLarge;
  return field_error("timestamp", is_range ? kTimesInRange : kExpectedTime, in_quotes(text));
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

Status parse_reading_slot(const JsonObject& object, domain::ReadingSlot& slot) {
  const domain::NewReading wanted = SSE_TRY(parse_new_reading(object));
  slot.reading = {{}, wanted.metric_id, wanted.value, wanted.timestamp.value_or(WallTime())};
  slot.has_timestamp = wanted.timestamp.has_value();
  return {};
}

void answer_recorded(httplib::Response& response, const Result<domain::RecordedReading>& recorded) {
  if (!recorded) return answer_error(response, recorded.error());
  std::string body;
  body.reserve(kUsualReadingSize);
  append_reading(body, recorded->reading);
  answer_json(response, 201, std::move(body));
  set_event_id(response, recorded->event_id);
}

void answer_many(httplib::Response& response, const domain::ReadingSlots& slots) {
  answer_batch(response, slots, [](const domain::ReadingSlot& slot) { return slot.reading.id; });
}

}  // namespace

void ReadingRoutes::add_to(http::Router& router) {
  router.add_deferred("POST", "/metrics/readings",
                      [this](const httplib::Request& request, httplib::Response& response,
                             http::Deferral& deferral) { record(request, response, deferral); });
}

void ReadingRoutes::record(const httplib::Request& request, httplib::Response& response,
                           http::Deferral& deferral) const {
  const auto body = read_request_body(request);
  if (!body) return answer_error(response, body.error());
  if (body->shape == BodyShape::kObject) return record_one(request, response, deferral);
  record_many(*body, response, deferral);
}

void ReadingRoutes::record_one(const httplib::Request& request, httplib::Response& response,
                               http::Deferral& deferral) const {
  JsonReader reader;
  if (const auto read = read_object(request, reader); !read) {
    return answer_error(response, read.error());
  }
  const auto wanted = parse_new_reading(reader.object());
  if (!wanted) return answer_error(response, wanted.error());
  answer_when_known<domain::RecordedReading>(
      deferral, response,
      [&](Later<domain::RecordedReading> later) {
        return domain::record_reading(ports_, *wanted, later);
      },
      answer_recorded);
}

void ReadingRoutes::record_many(const RequestBody& body, httplib::Response& response,
                                http::Deferral& deferral) const {
  auto slots = parse_slots<domain::ReadingSlot>(body, parse_reading_slot);
  if (!slots) return answer_error(response, slots.error());
  answer_batch_when_known(
      deferral, response, *std::move(slots),
      [&](domain::ReadingSlots& parsed, const auto& later) {
        return domain::record_readings(ports_, parsed, later);
      },
      answer_many);
}

}  // namespace sse::api
