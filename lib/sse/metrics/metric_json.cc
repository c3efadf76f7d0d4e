#include "sse/metrics/metric_json.h"

#include "sse/base/time_text.h"
#include "sse/json/writer.h"

namespace sse::metrics {

void append_metric(std::string& out, const domain::Metric& metric) {
  append_open_metric(out, metric);
  out += '}';
}

void append_open_metric(std::string& out, const domain::Metric& metric) {
  out += R"({"id":)";
  json::append_uuid(out, metric.id);
  out += R"(,"name":)";
  json::append_string(out, metric.name);
  out += R"(,"input_frequency":)";
  json::append_integer(out, metric.input_frequency.count());
  if (metric.unit.empty()) return;
  out += R"(,"unit":)";
  json::append_string(out, metric.unit);
}

void append_reading(std::string& out, const domain::Reading& reading) {
  out += R"({"id":)";
  json::append_uuid(out, reading.id);
  out += R"(,"metric_id":)";
  json::append_uuid(out, reading.metric_id);
  out += R"(,"value":)";
  json::append_number(out, reading.value);
  out += R"(,"timestamp":")";
  append_rfc3339(out, reading.timestamp);
  out += R"("})";
}

}  // namespace sse::metrics
