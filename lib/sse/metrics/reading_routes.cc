#include "sse/metrics/reading_routes.h"

#include <utility>

#include "sse/base/time_text.h"
#include "sse/domain/record_reading.h"
#include "sse/http/call.h"
#include "sse/http/response.h"
#include "sse/http/router.h"
#include "sse/metrics/metric_json.h"
#include "sse/metrics/metric_rights.h"
#include "sse/web/answer.h"
#include "sse/web/batch.h"
#include "sse/web/one_object.h"
#include "sse/web/request_body.h"

namespace sse::metrics {
namespace {

constexpr char kExpectedTime[] = "an RFC 3339 time such as \"2026-01-31T12:00:00Z\"";
constexpr char kTimesInRange[] = "a time from 1970 to 2261";

Result<Uuid> parse_metric_id(std::string_view text) {
  if (const auto id = parse_uuid(text)) return *id;
  return json::field_error("metric_id", "a UUID", json::in_quotes(text));
}

/// Empty text means now, as when the member is missing.
Result<std::optional<WallTime>> parse_timestamp(std::string_view text) {
  if (text.empty()) return std::optional<WallTime>();
  const auto time = parse_rfc3339(text);
  if (time) return std::optional(*time);
  const bool is_range = time.error().code == ErrorCode::kTooLarge;
  return json::field_error("timestamp", is_range ? kTimesInRange : kExpectedTime,
                           json::in_quotes(text));
}

Result<domain::NewReading> parse_new_reading(const json::Object& object) {
  domain::NewReading wanted;
  const auto metric_id = SSE_TRY(object.required_string("metric_id", "a UUID in a string"));
  wanted.value = SSE_TRY(object.required_number("value", "a finite number"));
  SSE_TRY(object.check_keys({"metric_id", "value", "timestamp"}));
  wanted.metric_id = SSE_TRY(parse_metric_id(metric_id));
  const auto timestamp = SSE_TRY(object.optional_string("timestamp", kExpectedTime));
  if (timestamp) wanted.timestamp = SSE_TRY(parse_timestamp(*timestamp));
  return wanted;
}

void answer_recorded(http::Response& response, const Result<domain::RecordedReading>& recorded) {
  if (!recorded) return web::answer_error(response, recorded.error());
  std::string body;
  body.reserve(kUsualReadingSize);
  append_reading(body, recorded->reading);
  web::answer_json(response, 201, std::move(body));
  web::set_event_id(response, recorded->event_id);
}

}  // namespace

void ReadingRoutes::add_to(http::Router& router) {
  router.add(
      "POST", "/metrics/readings", [this](http::Call& call) { record(call); },
      http::RouteNeeds::publish());
}

void ReadingRoutes::record(http::Call& call) const {
  const auto body = web::read_request_body(call.request());
  if (!body) return web::answer_error(call.response(), body.error());
  if (body->shape == web::BodyShape::kObject) return record_one(call);
  record_many(*body, call);
}

MetricRights ReadingRoutes::rights_of(const http::Call& call) const {
  return {gate::Rights::of(call), ports_.store};
}

void ReadingRoutes::record_one(http::Call& call) const {
  const auto parse =
      [rights = rights_of(call)](const json::Object& object) -> Result<domain::NewReading> {
    domain::NewReading wanted = SSE_TRY(parse_new_reading(object));
    SSE_TRY(rights.check_write(wanted.metric_id));
    return wanted;
  };
  web::answer_object<domain::RecordedReading>(
      call, parse,
      [this](const domain::NewReading& wanted, Later<domain::RecordedReading> later) {
        return domain::record_reading(ports_, wanted, later);
      },
      answer_recorded);
}

void ReadingRoutes::record_many(const web::RequestBody& body, http::Call& call) const {
  auto draft = ports_.store.draft_readings();
  auto& readings = *draft;
  web::answer_batch(call, body, std::move(draft),
                    [this, &readings, now = ports_.clock.wall(), rights = rights_of(call)](
                        const json::Object& object, std::size_t slot) -> Status {
                      const auto wanted = SSE_TRY(parse_new_reading(object));
                      SSE_TRY(rights.check_write(wanted.metric_id));
                      return domain::draft_reading(wanted, now, ports_.random, readings, slot);
                    });
}

}  // namespace sse::metrics
