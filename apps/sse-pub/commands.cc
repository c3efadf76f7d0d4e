#include "commands.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "sse/base/escape.h"
#include "sse/base/logging.h"
#include "sse/base/quantities.h"
#include "sse/base/time_text.h"
#include "sse/client/hub_json.h"

#include "cli/publish_exit_code.h"
#include "cli/read_file.h"
#include "cli/words.h"
#include "dry_run.h"

namespace sse::pub {
namespace {

using client::PublishError;
using Receipt = client::PublishingClient::Receipt;

std::optional<std::string> timestamp(const std::optional<WallTime>& time) {
  if (!time) return std::nullopt;
  return format_rfc3339_nanos(*time);
}

/// `; did you mean ...?` when no metric has this name, and one has a name like it.
std::string metric_meant(const Session& session, const std::string& name) {
  const auto metrics = session.client.metrics();
  if (!metrics) return {};
  std::vector<std::string> names;
  for (const auto& metric : *metrics) names.push_back(metric.name);
  const std::string meant = cli::nearest(name, names);
  return meant.empty() || meant == name ? "" : "; did you mean " + sse::quoted(meant) + "?";
}

client::Published<Receipt> publish_reading(const Session& session) {
  const Options& options = session.options;
  auto id = session.client.metric_id(options.metric, options.create);
  if (!id && id.error().kind == PublishError::Kind::kInvalid && !options.create) {
    return PublishError{id.error().kind, id.error().text + metric_meant(session, options.metric)};
  }
  if (!id) return id.error();
  return session.client.publish(client::NewReading{*id, options.value, timestamp(options.time)});
}

/// What the metric that is there has otherwise than was asked for; empty: nothing.
std::string difference(const client::KnownMetric& there, const Options& asked) {
  const std::string every = format_duration(there.input_frequency);
  if (asked.every && *asked.every != every) return "with --every " + every;
  if (!asked.unit || *asked.unit == there.unit) return {};
  return there.unit.empty() ? "without a unit" : "with --unit " + sse::quoted(there.unit);
}

client::Published<Receipt> create_metric(const Session& session) {
  using IfMissing = client::PublishingClient::IfMissing;
  const Options& options = session.options;
  auto receipt = session.client.create_metric(options.name, options.every.value_or(kNoFrequency),
                                              options.duplicate ? IfMissing::kNo : IfMissing::kYes,
                                              options.unit.value_or(""));
  if (!receipt) return receipt;
  const auto made = client::read_metrics(receipt->body);
  if (!made || made->empty()) return receipt;
  const std::string is = difference(made->front(), options);
  if (is.empty()) return receipt;
  return PublishError{PublishError::Kind::kInvalid, "there is a metric " +
                                                        sse::quoted(options.name) + " already, " +
                                                        is + "; --duplicate creates another one"};
}

/// Of a file every byte; of stdin without its last line end, which is there because commands write
/// lines.
Result<std::string> read_data(const std::string& path) {
  auto data = cli::read_file(path);
  if (data && path == "-" && data->ends_with('\n')) data->pop_back();
  return data;
}

/// Empty for a command that is not `event`.
Result<std::string> event_data(const Options& options) {
  if (options.command != Command::kEvent) return std::string();
  if (options.file) return read_data(*options.file);
  if (options.data->starts_with('@')) return read_data(options.data->substr(1));
  return *options.data;
}

client::Published<Receipt> publish_command(const Session& session, const std::string& data) {
  const Options& options = session.options;
  switch (options.command) {
    case Command::kReading:
      return publish_reading(session);
    case Command::kMetric:
      return create_metric(session);
    default:
      break;
  }
  return session.client.publish(client::NewEvent{options.type, options.topic, data});
}

cli::ExitCode unreadable(const Error& error) {
  log_line(LogLevel::kError, error.text);
  return cli::ExitCode::kNoInput;
}

}  // namespace

cli::ExitCode publish_one(const Session& session) {
  const auto data = event_data(session.options);
  if (!data) return unreadable(data.error());
  const auto receipt = publish_command(session, *data);
  if (!receipt) return report(receipt.error());
  log_line(LogLevel::kInfo, "published: " + receipt->body);
  bool written = true;
  if (session.options.print == Print::kJson) written = print(receipt->body + "\n");
  if (session.options.print == Print::kId) {
    written = print(client::member_text(receipt->body, "id") + "\n");
  }
  return written ? cli::ExitCode::kDone : cli::ExitCode::kOutputFailed;
}

cli::ExitCode print_dry_run(const Options& options, const ShellScript& script) {
  const auto data = event_data(options);
  if (!data) return unreadable(data.error());
  const auto text = dry_run(options, *data, script);
  if (!text) return report(text.error());
  return print(*text) ? cli::ExitCode::kDone : cli::ExitCode::kOutputFailed;
}

cli::ExitCode report(const PublishError& error) {
  log_line(LogLevel::kError, error.text);
  return cli::exit_code_of(error.kind);
}

bool print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) == 0) return true;
  if (errno == EPIPE) cli::die_by_signal(SIGPIPE);
  log_line(LogLevel::kError, std::string("cannot write to stdout: ") + std::strerror(errno));
  return false;
}

}  // namespace sse::pub
