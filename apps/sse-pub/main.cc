// sse-pub: publishes metrics, readings and events to a hub.

#include <csignal>
#include <iostream>

#include "sse/base/escape.h"
#include "sse/base/logging.h"

#include "cli/request_headers.h"
#include "cli/run_main.h"
#include "commands.h"
#include "load_command.h"
#include "metric_commands.h"
#include "name_list.h"
#include "options.h"
#include "run.h"

namespace sse::pub {
namespace {

/// Ends a pause between two tries when a stop signal has come.
class StopWaiter final : public client::Waiter {
 public:
  StopWaiter(const Clock& clock, const cli::StopSignals& signals)
      : waiter_(clock), signals_(signals) {}

  Woke wait(int /*fd*/, std::optional<BootTime> deadline) override {
    const Woke woke = waiter_.wait(signals_.fd(), deadline);
    return woke == Woke::kReady ? Woke::kInterrupted : woke;
  }

 private:
  client::PollWaiter waiter_;
  const cli::StopSignals& signals_;
};

/// The header fields as --dry-run shows them: the token stays where it is kept.
std::vector<ScriptHeader> script_headers_of(const Options& options) {
  constexpr char kToken[] = "Authorization: Bearer $SSE_TOKEN";
  std::vector<ScriptHeader> headers;
  for (const auto& text : options.headers.given) headers.push_back({text, shell_word(text)});
  const auto given = cli::given_headers(options.headers);
  const bool has_token = given && options.fields.size() > given->size();
  if (has_token) headers.push_back({kToken, '"' + std::string(kToken) + '"'});
  return headers;
}

client::PublishingClient::Options settings_of(const Options& options, client::Endpoint hub) {
  client::PublishingClient::Options settings;
  settings.connection.hub = std::move(hub);
  settings.connection.headers = options.fields;
  settings.connection.fresh_headers = options.fresh_fields;
  settings.connection.settings = options.http;
  settings.connection.connect_timeout = options.connection.connect_timeout;
  settings.retries = options.retries;
  settings.timeout = options.timeout;
  return settings;
}

cli::ExitCode publish(const Options& options, const client::PublishingClient::Options& settings,
                      const Clock& clock, const cli::StopSignals& signals) {
  const LogSession logging(options.messages.log_options("sse-pub"));
  if (!options.dry_run) cli::warn_of_plain_token(settings.connection.hub, options.fields);
  SystemRandom random;
  StopWaiter waiter(clock, signals);
  client::PublishingClient client(settings, clock, waiter, random);
  const Session session{options, client, signals, clock};
  const ShellScript script(settings.connection.hub, script_headers_of(options),
                           options.connection.curl_arguments());
  if (options.lines || options.command == Command::kLoad) {
    return load(session, settings.connection.hub, waiter, random,
                options.dry_run ? &script : nullptr);
  }
  if (options.dry_run) return print_dry_run(options, script);
  switch (options.command) {
    case Command::kList:
      return options.listed == Listed::kMetrics ? list_metrics(session) : list_names(session);
    case Command::kReadings:
      return list_readings(session);
    case Command::kDelete:
      return delete_metric(session);
    case Command::kWhoami:
      return show_rights(session);
    default:
      return publish_one(session);
  }
}

int run(int argc, char** argv) {
  const auto read = read_options(argc, argv);
  if (const auto* exit = std::get_if<cli::ExitCode>(&read)) return status(*exit);
  const auto& options = std::get<Options>(read);
  auto hub = client::Endpoint::parse(options.url);
  if (!hub) {
    std::cerr << "sse-pub: " << escaped(hub.error().text) << "\n";
    return status(cli::ExitCode::kUsage);
  }
  std::signal(SIGPIPE, SIG_IGN);  // a broken stdout is noticed where it is written
  const SystemClock clock;
  const auto settings = settings_of(options, std::move(*hub));
  if (options.command == Command::kRun && !options.dry_run) {
    return run_command(options, settings, clock);
  }
  const cli::StopSignals signals;
  const auto code = publish(options, settings, clock, signals);
  if (signals.received() != 0) cli::die_by_signal(signals.received());
  return status(code);
}

}  // namespace
}  // namespace sse::pub

int main(int argc, char** argv) {
  return sse::cli::run_main("sse-pub", sse::pub::run, argc, argv);
}
