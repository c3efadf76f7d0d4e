#include "sse/metrics/metric_events.h"

#include "sse/json/object.h"
#include "sse/json/writer.h"
#include "sse/metrics/metric_json.h"

namespace sse::metrics {
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

Result<std::string> topic_of_metric(std::string_view id) {
  const auto uuid = parse_uuid(id);
  if (uuid) return metric_topic(*uuid);
  return json::field_error("metric", "a metric's id, which is a UUID", json::in_quotes(id));
}

std::optional<Uuid> metric_of_topic(std::string_view topic) {
  if (!topic.starts_with(kTopicPrefix)) return std::nullopt;
  return parse_uuid(topic.substr(kTopicPrefix.size()));
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

}  // namespace sse::metrics
