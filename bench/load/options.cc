#include "options.h"

#include <string>
#include <vector>

#include "sse/base/quantities.h"

namespace sse::bench {
namespace {

Status take_nodes(const std::vector<std::string>& texts, Options& options) {
  options.target.more_ports.clear();
  for (const std::string& text : texts) {
    const auto port = parse_digits(text);
    if (!port || *port == 0 || *port > 65'535) {
      return Error{ErrorCode::kInvalid, "\"" + text + "\" is not a port"};
    }
    options.target.more_ports.push_back(static_cast<std::uint16_t>(*port));
  }
  return {};
}

void declare_streams(cli::OptionList& list, Options& options) {
  list.number("--streams", options.streams, "streams to open", std::size_t{1});
  list.number("--opening", options.opening,
              "of these at most so many wait for their answer at once; 0 = no limit");
  list.duration("--settle", options.settle, "pause after opening them");
}

void declare_window(cli::OptionList& list, Options& options) {
  list.number("--window", options.window, "events published and not yet received by all",
              std::uint64_t{1});
}

void declare_patience(cli::OptionList& list, Options& options) {
  list.duration("--patience", options.patience,
                "what has not arrived so long after the last arrival is lost");
}

void declare_length(cli::OptionList& list, Options& options) {
  list.number("--events", options.events, "events to publish; 0 = as many as --duration allows");
  list.duration("--duration", options.duration, "how long to publish, without --events");
  declare_patience(list, options);
}

void declare_publishers(cli::OptionList& list, std::size_t& connections) {
  list.number("--publishers", connections, "connections that publish", std::size_t{1});
}

void declare_batch(cli::OptionList& list, Options& options) {
  list.number("--batch", options.batch, "events in a request, as NDJSON (readings, events)",
              std::size_t{1});
}

void declare_slow(cli::OptionList& list, Options& options) {
  list.number("--deaf", options.deaf, "further streams, which never read");
  list.number("--trickling", options.trickling, "further streams, which read slowly");
  list.size("--trickle", options.trickle, "what they read in a second");
  list.size("--max-rss", options.max_rss, "with --pid: more memory than this is a failure");
}

}  // namespace

void declare(cli::CommandLine& line, Options& options) {
  auto list = line.options();
  list.number("--port", options.target.port, "the server's port on 127.0.0.1");
  list.number("--publish-port", options.target.publish_port,
              "of another node of its cluster, which is published to");
  list.list(
      "--node", "PORT",
      "of a further node of its cluster, repeatable: streams are opened on each node in turn "
      "(events)",
      [&options](const std::vector<std::string>& texts) { return take_nodes(texts, options); });
  list.choice("--server", options.target.kind, "what it is, and what is published",
              {{"readings", ServerKind::kReadings},
               {"events", ServerKind::kEvents},
               {"raw", ServerKind::kRaw},
               {"nchan", ServerKind::kNchan}});
  list.number("--topics", options.target.topics,
              "an event has one of so many topics, a stream follows one (readings, events)",
              std::size_t{1});
  list.number("--spread", options.target.spread,
              "an event has one of so many topics, a stream follows all (events)", std::size_t{1});
  list.size("--size", options.target.size, "least size of an event's data (not of readings)");
  list.text("--target", options.target.watch, "PATH",
            "what to subscribe to, instead of the usual path");
  list.text("--token-file", options.target.token_file, "FILE",
            "bearer tokens, one a line: each request has the next of them");
  list.flag("--tls", options.transport.tls,
            "the streams speak TLS; what is published goes to --publish-port in the clear");
  list.number("--http2", options.transport.streams_per_connection,
              "so many streams on a connection, over HTTP/2; 0 = one, over HTTP/1.1");
  list.number("--pid", options.pid, "the server's process, to report its CPU and memory");
  list.flag("--json", options.json, "one JSON object on stdout");

  auto idle = line.command("idle", "opens streams, and that is all");
  declare_streams(idle, options);

  auto half = line.command("half", "sends half a request, or with --tls half a ClientHello");
  declare_streams(half, options);

  auto fan_out = line.command("fan-out", "publishes at a rate to many streams");
  declare_streams(fan_out, options);
  fan_out.rate("--rate", options.rate, "events a second").required();
  declare_batch(fan_out, options);
  declare_length(fan_out, options);
  declare_publishers(fan_out, options.connections);
  declare_slow(fan_out, options);

  auto saturate = line.command("saturate", "publishes as fast as all streams receive");
  declare_streams(saturate, options);
  declare_window(saturate, options);
  declare_length(saturate, options);
  declare_publishers(saturate, options.connections);
  declare_slow(saturate, options);

  auto mixed = line.command("mixed", "times single POSTs while the streams are saturated");
  declare_streams(mixed, options);
  declare_window(mixed, options);
  mixed.rate("--probe-rate", options.probe_rate, "POSTs a second that are timed");
  declare_length(mixed, options);
  declare_publishers(mixed, options.connections);

  auto publish = line.command("publish", "publishes as fast as the server answers");
  publish.number("--streams", options.publish_streams, "streams that check what is published");
  declare_batch(publish, options);
  declare_length(publish, options);
  declare_publishers(publish, options.publish_connections);

  auto storm = line.command("storm", "many subscribers come back at once, and resume");
  declare_streams(storm, options);
  storm.number("--events", options.storm_events, "events that each has to replay",
               std::uint64_t{1});
  storm.rate("--probe-rate", options.storm_probe_rate,
             "POSTs a second meanwhile that are timed (default none)");
  declare_patience(storm, options);
}

}  // namespace sse::bench
