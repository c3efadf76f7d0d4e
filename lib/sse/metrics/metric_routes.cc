#include "sse/metrics/metric_routes.h"

#include "sse/base/quantities.h"
#include "sse/domain/create_metric.h"
#include "sse/http/call.h"
#include "sse/http/response.h"
#include "sse/http/router.h"
#include "sse/metrics/metric_json.h"
#include "sse/metrics/metric_rights.h"
#include "sse/metrics/snapshot_answer.h"
#include "sse/web/answer.h"
#include "sse/web/later_answer.h"
#include "sse/web/one_object.h"
#include "sse/web/query.h"
#include "sse/web/request_body.h"

namespace sse::metrics {
namespace {

constexpr std::size_t kUsualReadings = 1'000;
constexpr std::size_t kMostReadings = 10'000;

Result<std::chrono::nanoseconds> parse_input_frequency(std::string_view text) {
  if (auto duration = parse_duration(text)) return *duration;
  return json::field_error("input_frequency", "a duration such as \"1s\", \"500ms\" or \"1m30s\"",
                           json::in_quotes(text));
}

Result<domain::NewMetric> parse_new_metric(const json::Object& object) {
  domain::NewMetric wanted;
  wanted.name = SSE_TRY(object.required_string("name", "a string"));
  SSE_TRY(object.check_keys({"name", "input_frequency", "unit", "if_missing"}));
  const auto frequency =
      SSE_TRY(object.optional_string("input_frequency", "a duration in a string, such as \"1s\""));
  if (frequency) wanted.input_frequency = SSE_TRY(parse_input_frequency(*frequency));
  wanted.unit = SSE_TRY(object.optional_string("unit", "a string")).value_or("");
  if (SSE_TRY(object.optional_boolean("if_missing", "true or false")).value_or(false)) {
    wanted.when_exists = domain::WhenNameExists::kReturnExisting;
  }
  return wanted;
}

/// How many readings each metric is shown with.
Result<std::size_t> parse_readings_shown(const http::Request& request) {
  const bool with_readings = SSE_TRY(web::query_flag(request, "with_readings"));
  const std::size_t limit =
      SSE_TRY(web::query_count(request, "limit", kUsualReadings, kMostReadings));
  return with_readings ? limit : 0;
}

Result<domain::ReadingQuery> parse_reading_query(const http::Request& request, const Now& now) {
  domain::ReadingQuery query;
  query.since = SSE_TRY(web::query_time(request, "since", now));
  query.until = SSE_TRY(web::query_time(request, "until", now));
  query.limit = SSE_TRY(web::query_count(request, "limit", kUsualReadings, kMostReadings));
  return query;
}

void answer_created(http::Response& response, const Result<domain::CreatedMetric>& created) {
  if (!created) return web::answer_error(response, created.error());
  std::string body;
  append_metric(body, created->metric);
  web::answer_json(response, created->event_id ? 201 : 200, std::move(body));
  if (created->event_id) web::set_event_id(response, *created->event_id);
}

void answer_deleted(http::Response& response, const Result<Uuid>& event_id) {
  if (!event_id) return web::answer_error(response, event_id.error());
  response.status = 204;
  web::set_event_id(response, *event_id);
}

}  // namespace

void MetricRoutes::add_to(http::Router& router) {
  const auto bind = [this](auto member) -> http::CallHandler {
    return [this, member](http::Call& call) { (this->*member)(call); };
  };
  using http::RouteNeeds;
  // One grant for every metric there may be: the id is not known yet.
  router.add("POST", "/metrics", bind(&MetricRoutes::create), RouteNeeds::publish("metrics/+"));
  router.add("GET", "/metrics", bind(&MetricRoutes::list), RouteNeeds::subscribe());
  router.add("GET", "/metrics/{id}", bind(&MetricRoutes::show), RouteNeeds::subscribe());
  router.add("DELETE", "/metrics/{id}", bind(&MetricRoutes::remove),
             RouteNeeds::remove("metrics/{id}"));
  router.add("GET", "/metrics/{id}/readings", bind(&MetricRoutes::list_readings),
             RouteNeeds::subscribe());
}

MetricRights MetricRoutes::rights_of(const http::Call& call) const {
  return {gate::Rights::of(call), ports_.store};
}

void MetricRoutes::create(http::Call& call) const {
  const auto body = web::check_body(call.request());
  if (!body) return web::answer_error(call.response(), body.error());
  web::answer_object<domain::CreatedMetric>(
      call, parse_new_metric,
      [this](const domain::NewMetric& wanted, Later<domain::CreatedMetric> later) {
        return domain::create_metric(ports_, wanted, later);
      },
      answer_created);
}

void MetricRoutes::list(http::Call& call) const {
  const http::Request& request = call.request();
  http::Response& response = call.response();
  const auto readings = parse_readings_shown(request);
  if (!readings) return web::answer_error(response, readings.error());
  const auto snapshot = ports_.store.snapshot();
  MetricPieces pieces(ports_.store, snapshot, web::query_text(request, "name"), *readings,
                      rights_of(call));
  auto held = pieces.held();
  answer_in_pieces(response, snapshot, std::move(pieces), std::move(held));
}

void MetricRoutes::show(http::Call& call) const {
  const http::Request& request = call.request();
  http::Response& response = call.response();
  const auto id = web::query_uuid(request, "id");
  if (!id) return web::answer_error(response, id.error());
  const auto readings_shown = parse_readings_shown(request);
  if (!readings_shown) return web::answer_error(response, readings_shown.error());
  if (const auto may = rights_of(call).check_read(*id); !may) {
    return web::answer_error(response, may.error());
  }

  const auto snapshot = ports_.store.snapshot();
  const auto metric = ports_.store.find_metric(snapshot, *id);
  if (!metric) return web::answer_error(response, metric.error());
  answer_with_readings(response, ports_.store, snapshot, *id, {{}, {}, *readings_shown},
                       [metric = *metric](std::vector<domain::Reading> readings) {
                         return one_metric_pieces(metric, std::move(readings));
                       });
}

void MetricRoutes::remove(http::Call& call) const {
  const auto id = web::query_uuid(call.request(), "id");
  if (!id) return web::answer_error(call.response(), id.error());
  if (const auto may = rights_of(call).check_write(*id); !may) {
    return web::answer_error(call.response(), may.error());
  }
  web::answer_when_known<Uuid>(
      call, [&](Later<Uuid> later) { return ports_.store.delete_metric(*id, later); },
      answer_deleted);
}

void MetricRoutes::list_readings(http::Call& call) const {
  const http::Request& request = call.request();
  http::Response& response = call.response();
  const auto id = web::query_uuid(request, "id");
  if (!id) return web::answer_error(response, id.error());
  const auto query = parse_reading_query(request, ports_.clock.now());
  if (!query) return web::answer_error(response, query.error());
  if (const auto may = rights_of(call).check_read(*id); !may) {
    return web::answer_error(response, may.error());
  }

  const auto snapshot = ports_.store.snapshot();
  const auto metric = ports_.store.find_metric(snapshot, *id);
  if (!metric) return web::answer_error(response, metric.error());
  answer_with_readings(
      response, ports_.store, snapshot, *id, *query,
      [](std::vector<domain::Reading> readings) { return ReadingPieces(std::move(readings)); });
}

}  // namespace sse::metrics
