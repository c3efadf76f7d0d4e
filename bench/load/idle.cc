#include <cstdio>

#include "descriptors.h"
#include "modes.h"

namespace sse::bench {

std::optional<ServerUse> use_of(const Options& options) {
  return options.pid ? read_use(*options.pid) : std::nullopt;
}

double seconds_since(std::int64_t begin_ns) {
  return static_cast<double>(steady_ns() - begin_ns) / 1e9;
}

cli::ExitCode refuse(const Error& error) {
  std::fprintf(stderr, "sse-load: %s\n", error.text.c_str());
  return cli::ExitCode::kUnavailable;
}

Status open_streams(const Options& options, StreamSet& streams, bool resuming, Report& report) {
  if (streams.count() == 0) return {};
  const auto before = use_of(options);
  const double load_before = own_cpu_seconds();
  const auto begin_ns = steady_ns();
  auto opened = streams.open(resuming, options.opening);
  if (!opened) return opened;
  const double seconds = seconds_since(begin_ns);
  const auto count = static_cast<double>(streams.count());
  report.add("streams", streams.count());
  report.add("connections", options.transport.connections(streams.count()));
  report.add("open_seconds", seconds, "s");
  report.add("opened_per_second", count / seconds, "a second");
  report.add("open_load_busy", (own_cpu_seconds() - load_before) / seconds,
             "cores of this program");
  if (const auto* tls = streams.tls()) {
    report.add("handshakes", tls->handshakes());
    report.add("resumed", tls->resumed(), "of these");
  }
  if (resuming) return {};
  const auto settled_ns = steady_ns() + options.settle.count();
  while (steady_ns() < settled_ns && streams.seen().ended == 0) {
    streams.read(std::chrono::milliseconds(10));
  }
  const auto idle = use_of(options);
  if (before && idle) {
    const auto grown =
        static_cast<double>(idle->rss_bytes) - static_cast<double>(before->rss_bytes);
    report.add("idle_bytes_per_stream", grown / count, "of server RSS");
    report.add("open_cpu_us_per_stream", (idle->cpu_seconds - before->cpu_seconds) * 1e6 / count,
               "of server CPU");
  }
  return {};
}

void report_faults(const Seen& seen, Report& report) {
  report.add("lost", seen.lost);
  report.add("repeated", seen.repeated);
  report.add("unordered", seen.unordered);
  report.add("unknown", seen.unknown);
  report.add("wrong_ids", seen.wrong_ids);
  report.add("wrong_chunks", seen.wrong_chunks);
  report.add("control", seen.control, "gaps and closings told");
  report.add("ended", seen.ended, "streams");
}

cli::ExitCode run_idle(const Options& options, Report& report) {
  if (auto allowed = allow_descriptors(options.transport.connections(options.streams)); !allowed)
    return refuse(allowed.error());
  Target target(options.target);
  if (auto ready = target.prepare(); !ready) return refuse(ready.error());
  const TicketBook book(0);
  StreamSet streams(target, book, options.streams, options.transport);
  if (auto opened = open_streams(options, streams, false, report); !opened) {
    return refuse(opened.error());
  }
  report_faults(streams.seen(), report);
  return streams.seen().is_faultless() ? cli::ExitCode::kDone : cli::ExitCode::kNotAsWanted;
}

}  // namespace sse::bench
