// sse-load: opens many streams on a server of this machine, publishes, and checks and measures what
// arrives. A fast wrong answer is not a result: it exits 1 when anything was lost, repeated or
// reordered.

#include <csignal>

#include "modes.h"

namespace sse::bench {
namespace {

// More are not served at once: SETTINGS_MAX_CONCURRENT_STREAMS of the hub.
constexpr std::size_t kMostStreamsPerConnection = 250;

/// What the options do not say by themselves. Empty: nothing.
std::string contradiction(const std::string& mode, const Options& options) {
  const auto& target = options.target;
  const bool is_hub = target.kind == ServerKind::kReadings || target.kind == ServerKind::kEvents;
  if (target.topics > 1 && !is_hub) return "--topics needs --server readings or events";
  if (target.spread > 1 && (target.kind != ServerKind::kEvents || target.topics > 1)) {
    return "--spread needs --server events, and goes without --topics";
  }
  if (!target.more_ports.empty() && (target.kind != ServerKind::kEvents || mode == "storm")) {
    return "--node needs --server events, and is not for storm";
  }
  if (options.batch > 1 && !is_hub) return "--batch needs --server readings or events";
  if (target.size > 0 && target.kind == ServerKind::kReadings) {
    return "--size needs a --server whose data we choose: a reading is what it is";
  }
  if (options.transport.tls && target.publish_port == 0 && mode != "half") {
    return "--tls needs --publish-port: what is published goes there in the clear";
  }
  if (options.transport.streams_per_connection > kMostStreamsPerConnection) {
    return "--http2 takes at most 250 streams on a connection";
  }
  if ((options.transport.tls || options.transport.streams_per_connection > 0) &&
      options.deaf + options.trickling > 0) {
    return "--deaf and --trickling go without --tls and --http2";
  }
  if (mode == "half" && options.transport.streams_per_connection > 0) {
    return "half goes without --http2";
  }
  if (mode == "publish" && options.streams > 0 && options.batch > options.window) {
    return "with --streams, a --batch must fit into 64 events on their way";
  }
  return {};
}

cli::ExitCode run(const std::string& mode, const Options& options) {
  Report report;
  report.add("mode", mode);
  const auto code = mode == "idle"    ? run_idle(options, report)
                    : mode == "half"  ? run_half(options, report)
                    : mode == "storm" ? run_storm(options, report)
                                      : run_fan_out(options, mode == "mixed", report);
  if (code != cli::ExitCode::kUnavailable) report.print(options.json);
  return code;
}

}  // namespace
}  // namespace sse::bench

int main(int argc, char** argv) {
  using sse::bench::Options;
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  Options options;
  sse::cli::CommandLine line("sse-load",
                             "opens streams on a local server, publishes, checks and measures");
  declare(line, options);
  const auto outcome = line.parse(argc, argv);
  if (outcome.exit) return status(*outcome.exit);
  if (outcome.subcommand == "publish") {
    options.streams = options.publish_streams;
    options.connections = options.publish_connections;
  } else if (outcome.subcommand == "storm") {
    options.events = options.storm_events;
    options.probe_rate = options.storm_probe_rate.value_or(0);
  }
  const auto wrong = sse::bench::contradiction(outcome.subcommand, options);
  if (!wrong.empty()) return status(line.usage_error(wrong));
  return status(sse::bench::run(outcome.subcommand, options));
}
