#include "metric_commands.h"

#include <algorithm>

#include "sse/base/escape.h"
#include "sse/base/quantities.h"
#include "sse/base/time_text.h"
#include "sse/client/endpoint.h"
#include "sse/json/string.h"

namespace sse::pub {
namespace {

using client::KnownMetric;
using client::KnownReading;

/// With nine digits of a second, whatever the hub writes; as it is when it is not a time.
std::string time_of(const KnownReading& reading) {
  const auto time = parse_rfc3339(reading.timestamp);
  return time ? format_rfc3339_nanos(*time) : escaped(reading.timestamp);
}

std::string json_reading(const KnownReading& reading) {
  std::string json = "\"value\":" + reading.value + ",\"timestamp\":";
  json::append_string(json, time_of(reading));
  return json;
}

std::string json_line(const KnownMetric& metric) {
  std::string json = "{\"id\":";
  json::append_string(json, metric.id);
  json += ",\"name\":";
  json::append_string(json, metric.name);
  json += ",\"input_frequency\":" + std::to_string(metric.input_frequency.count());
  if (!metric.unit.empty()) {
    json += ",\"unit\":";
    json::append_string(json, metric.unit);
  }
  if (metric.newest) json += "," + json_reading(*metric.newest);
  return json + "}";
}

/// A hub lets no control character into a name; a line must stay a line with any server.
std::string tsv_line(const KnownMetric& metric) {
  std::string line = escaped(metric.id) + "\t" + format_duration(metric.input_frequency) + "\t" +
                     escaped(metric.name) + "\t";
  if (metric.newest) line += metric.newest->value;
  line += "\t";
  if (metric.newest) line += time_of(*metric.newest);
  return line;
}

/// How long ago, in whole seconds.
std::string age_of(const KnownReading& reading, WallTime now) {
  const auto time = parse_rfc3339(reading.timestamp);
  if (!time) return "-";
  const auto age = std::chrono::floor<std::chrono::seconds>(now - *time);
  return format_duration(std::max(age, std::chrono::seconds(0)));
}

/// With a blank before it; empty for a metric without a unit.
std::string unit_column(const KnownMetric& metric) {
  return metric.unit.empty() ? "" : " " + escaped(metric.unit);
}

std::string table_of(const std::vector<KnownMetric>& metrics, WallTime now) {
  std::size_t width = 0;
  std::size_t value_width = 0;
  std::size_t unit_width = 0;
  for (const auto& metric : metrics) {
    width = std::max(width, escaped(metric.name).size());
    unit_width = std::max(unit_width, unit_column(metric).size());
    if (metric.newest) value_width = std::max(value_width, metric.newest->value.size());
  }
  std::string table;
  for (const auto& metric : metrics) {
    const std::string name = escaped(metric.name);
    const std::string value = metric.newest ? metric.newest->value : "-";
    table.append(name).append(width + 2 - name.size(), ' ');
    table.append(std::max(value_width, value.size()) - value.size(), ' ').append(value);
    const std::string unit = unit_column(metric);
    table.append(unit).append(unit_width - unit.size(), ' ');
    table.append("  ").append(metric.newest ? age_of(*metric.newest, now) : "-").append("\n");
  }
  return table;
}

std::string lines_of(const std::vector<KnownMetric>& metrics, ListFormat format, WallTime now) {
  if (format == ListFormat::kTable) return table_of(metrics, now);
  std::string lines;
  for (const auto& metric : metrics) {
    lines += format == ListFormat::kName  ? escaped(metric.name)
             : format == ListFormat::kTsv ? tsv_line(metric)
                                          : json_line(metric);
    lines += '\n';
  }
  return lines;
}

cli::ExitCode print_all(const std::string& lines) {
  return print(lines) ? cli::ExitCode::kDone : cli::ExitCode::kOutputFailed;
}

}  // namespace

cli::ExitCode list_metrics(const Session& session) {
  using Newest = client::PublishingClient::Newest;
  const ListFormat format = session.options.list_format;
  const auto metrics =
      session.client.metrics(format == ListFormat::kName ? Newest::kNo : Newest::kYes);
  if (!metrics) return report(metrics.error());
  return print_all(lines_of(*metrics, format, session.clock.now().wall));
}

std::string readings_query(const Options& options) {
  std::string query;
  const auto add = [&query](const char* name, const std::string& value) {
    query.append(query.empty() ? "" : "&").append(name).append("=");
    query += client::percent_encode(value);
  };
  if (options.since) add("since", format_rfc3339_nanos(*options.since));
  if (options.until) add("until", format_rfc3339_nanos(*options.until));
  if (options.limit) add("limit", std::to_string(*options.limit));
  return query;
}

cli::ExitCode list_readings(const Session& session) {
  const Options& options = session.options;
  const auto id = session.client.metric_id(options.metric, std::nullopt);
  if (!id) return report(id.error());
  const auto readings = session.client.readings(*id, readings_query(options));
  if (!readings) return report(readings.error());
  std::string lines;
  for (const auto& reading : *readings) {
    if (options.readings_format == ReadingsFormat::kTsv) {
      lines += time_of(reading) + "\t" + reading.value + "\n";
      continue;
    }
    lines += "{\"metric\":";
    json::append_string(lines, options.metric);
    lines += "," + json_reading(reading) + "}\n";
  }
  return print_all(lines);
}

cli::ExitCode show_rights(const Session& session) {
  const auto rights = session.client.rights();
  return rights ? print_all(*rights + "\n") : report(rights.error());
}

cli::ExitCode delete_metric(const Session& session) {
  const auto id = session.client.metric_id(session.options.metric, std::nullopt);
  if (!id) return report(id.error());
  const auto deleted = session.client.delete_metric(*id);
  return deleted ? cli::ExitCode::kDone : report(deleted.error());
}

}  // namespace sse::pub
