#include "list.h"

#include "sse/base/escape.h"
#include "sse/base/json_string.h"
#include "sse/base/quantities.h"

namespace sse::pub {
namespace {

/// A hub lets no control character into a name; a line must stay a line with any server.
std::string line_of(const client::KnownMetric& metric, ListFormat format) {
  switch (format) {
    case ListFormat::kName:
      return escaped(metric.name);
    case ListFormat::kTsv:
      return escaped(metric.id) + "\t" + format_duration(metric.input_frequency) + "\t" +
             escaped(metric.name);
    case ListFormat::kJson:
      break;
  }
  std::string json = "{\"id\":";
  append_json_string(json, metric.id);
  json += ",\"name\":";
  append_json_string(json, metric.name);
  return json + ",\"input_frequency\":" + std::to_string(metric.input_frequency.count()) + "}";
}

}  // namespace

cli::ExitCode list_metrics(const Session& session) {
  const auto metrics = session.client.metrics();
  if (!metrics) return report(metrics.error());
  std::string lines;
  for (const client::KnownMetric& metric : *metrics) {
    lines += line_of(metric, session.options.list_format) + "\n";
  }
  return print(lines) ? cli::ExitCode::kDone : cli::ExitCode::kOutputFailed;
}

}  // namespace sse::pub
