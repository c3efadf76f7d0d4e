#include "sse/api/metric_events.h"

#include "sse/api/metric_json.h"
#include "sse/json/writer.h"

namespace sse::api {
namespace {

constexpr std::string_view kTopicPrefix = "metrics/";

void begin_event(wire::Event& event, std::string_view type, const Uuid& metric_id) {
  const auto id = uuid_chars(metric_id);
  event.type = type;
  event.topic.reserve(kTopicPrefix.size() + id.size());
  event.topic.assign(kTopicPrefix).append(id.data(), id.size());
  event.topic_on_wire = false;
  event.data.clear();
}

}  // namespace

std::string metric_topic(const Uuid& metric_id) {
  return std::string(kTopicPrefix) + to_string(metric_id);
}

wire::Event metric_created_event(const domain::Metric& metric) {
  wire::Event event;
  begin_event(event, "metric_created", metric.id);
  append_metric(event.data, metric);
  return event;
}

void reading_created_event(const domain::Reading& reading, wire::Event& event) {
  begin_event(event, "metric_reading_created", reading.metric_id);
  event.data.reserve(kUsualReadingSize);
  append_reading(event.data, reading);
}

wire::Event metric_deleted_event(const Uuid& id) {
  wire::Event event;
  begin_event(event, "metric_deleted", id);
  event.data += R"({"id":)";
  json::append_uuid(event.data, id);
  event.data += '}';
  return event;
}

}  // namespace sse::api
