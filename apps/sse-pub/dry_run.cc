#include "dry_run.h"

#include <chrono>
#include <utility>

#include "sse/base/time_text.h"
#include "sse/base/uuid.h"

#include "metric_commands.h"
#include "name_list.h"
#include "run.h"

namespace sse::pub {
namespace {

constexpr char kJson[] = "application/json";

Result<std::string> reading_script(const Options& options, const ShellScript& script) {
  client::NewReading reading{options.metric, options.value, std::nullopt};
  if (options.time) reading.timestamp = format_rfc3339_nanos(*options.time);
  if (parse_uuid(options.metric)) {
    return script.request("/metrics/readings", kJson, SSE_TRY(client::reading_json(reading)));
  }
  reading.metric_id.clear();
  std::string json = SSE_TRY(client::reading_json(reading));
  json.insert(json.find("\",\"value\""), shell_variable("id"));
  return SSE_TRY(metric_script(script, "id", options.metric, options.create)) +
         script.request("/metrics/readings", kJson, json);
}

Result<std::string> event_script(const Options& options, const std::string& data,
                                 const ShellScript& script) {
  const client::NewEvent event{options.type, options.topic, data};
  return script.request("/events", kJson, SSE_TRY(client::event_json(event)));
}

/// `run.started` or `run.finished`; `data` is JSON, perhaps with variables.
Result<std::string> run_event(const ShellScript& script, const char* type, const std::string& topic,
                              const std::string& data) {
  std::string json = SSE_TRY(client::event_json({type, topic, ""}));
  constexpr std::string_view kNoData = "\"\"}";
  json.resize(json.size() - kNoData.size());
  return script.request("/events", kJson, json + data + "}");
}

/// When --on-failure or --longer-than publish; empty: always.
std::string run_condition(const Options& options) {
  std::string condition = options.on_failure ? "[ \"$status\" -ne 0 ]" : "";
  if (options.longer_than) {
    const auto least = std::chrono::ceil<std::chrono::seconds>(*options.longer_than).count();
    condition += (condition.empty() ? "" : " || ") + std::string("[ \"$seconds\" -ge ") +
                 std::to_string(least) + " ]";
  }
  return condition;
}

/// What `run` does, with sh in its place: there seconds are whole, and a signal is an exit status.
Result<std::string> run_script(const Options& options, const ShellScript& script) {
  std::string command;
  for (const std::string& word : options.argv) {
    command += (command.empty() ? "" : " ") + shell_word(word);
  }
  const std::string head = argv_member(options.argv) + ",\"run\":\"" + shell_variable("run") +
                           "\",\"host\":\"" + shell_variable("host") + "\"";
  const std::string condition = run_condition(options);
  std::string text = options.tail ? "# --tail: this script keeps no output.\n" : "";
  text += "run=$(cat /proc/sys/kernel/random/uuid)\nhost=$(uname -n)\n\n";
  if (condition.empty()) {
    text += SSE_TRY(run_event(script, kRunStarted, options.topic, head + "}"));
  }
  text += "started=$(date +%s)\n" + command + "\nstatus=$?\n";
  text += "seconds=$(($(date +%s) - started))\n";
  text += "ok=true; [ \"$status\" -eq 0 ] || ok=false\n\n";
  const std::string finished = SSE_TRY(
      run_event(script, kRunFinished, options.topic,
                head + ",\"ok\":" + shell_variable("ok") + ",\"exit\":" + shell_variable("status") +
                    ",\"seconds\":" + shell_variable("seconds") + "}"));
  text += condition.empty() ? finished : "if " + condition + "; then\n" + finished + "fi\n";
  return text + "exit \"$status\"\n";
}

/// `readings` and `delete`, of a metric by its name or id.
Result<std::string> metric_path_script(const Options& options, const ShellScript& script) {
  const bool is_id = parse_uuid(options.metric).has_value();
  const std::string path = "/metrics/" + (is_id ? options.metric : shell_variable("id"));
  const std::string query = readings_query(options);
  const std::string request =
      options.command == Command::kDelete
          ? script.remove(path)
          : script.request(path + "/readings" + (query.empty() ? "" : "?" + query), "", "");
  if (is_id) return request;
  return SSE_TRY(metric_script(script, "id", options.metric, std::nullopt)) + request;
}

Result<std::string> script_of(const Options& options, const std::string& data,
                              const ShellScript& script) {
  switch (options.command) {
    case Command::kReading:
      return reading_script(options, script);
    case Command::kMetric:
      return script.request(
          "/metrics", kJson,
          SSE_TRY(client::metric_json(options.name, options.every.value_or(kNoFrequency),
                                      !options.duplicate, options.unit.value_or(""))));
    case Command::kEvent:
      return event_script(options, data, script);
    case Command::kRun:
      return run_script(options, script);
    case Command::kReadings:
    case Command::kDelete:
      return metric_path_script(options, script);
    case Command::kWhoami:
      return script.request("/session", "", "");
    default:
      break;
  }
  if (options.listed != Listed::kMetrics) {
    return script.request(kept_events_path(options.since), "", "");
  }
  const bool has_values = options.list_format != ListFormat::kName;
  return script.request(has_values ? "/metrics?with_readings=true&limit=1" : "/metrics", "", "");
}

}  // namespace

client::Published<std::string> dry_run(const Options& options, const std::string& data,
                                       const ShellScript& script) {
  auto text = script_of(options, data, script);
  if (text) return *std::move(text);
  return client::PublishError{client::PublishError::Kind::kInvalid, text.error().text};
}

Result<std::string> metric_script(const ShellScript& script, const std::string& variable,
                                  const std::string& name,
                                  const std::optional<std::string>& create) {
  if (!create) return script.id_of(variable, "/metrics?name=" + client::percent_encode(name), "");
  return script.id_of(variable, "/metrics",
                      SSE_TRY(client::metric_json(name, *create, /*if_missing=*/true)));
}

}  // namespace sse::pub
