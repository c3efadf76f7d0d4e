#include "sse/api/metric_events.h"

#include "sse/api/json_writer.h"
#include "sse/api/metric_json.h"

namespace sse::api {
namespace {

wire::Event make_event(const char* type, const Uuid& metric_id) {
  wire::Event event;
  event.type = type;
  event.topic = metric_topic(metric_id);
  event.topic_on_wire = false;
  return event;
}

}  // namespace

std::string metric_topic(const Uuid& metric_id) {
  static constexpr std::string_view kPrefix = "metrics/";
  const auto chars = uuid_chars(metric_id);
  std::string topic;
  topic.reserve(kPrefix.size() + chars.size());
  return topic.append(kPrefix).append(chars.data(), chars.size());
}

wire::Event metric_created_event(const domain::Metric& metric) {
  wire::Event event = make_event("metric_created", metric.id);
  append_metric(event.data, metric);
  return event;
}

wire::Event reading_created_event(const domain::Reading& reading) {
  constexpr std::size_t kUsualSize = 176;
  wire::Event event = make_event("metric_reading_created", reading.metric_id);
  event.data.reserve(kUsualSize);
  append_reading(event.data, reading);
  return event;
}

wire::Event metric_deleted_event(const Uuid& id) {
  wire::Event event = make_event("metric_deleted", id);
  event.data += R"({"id":)";
  append_json_uuid(event.data, id);
  event.data += '}';
  return event;
}

}  // namespace sse::api
