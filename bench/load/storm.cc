#include <optional>
#include <string>

#include "descriptors.h"
#include "modes.h"
#include "prober.h"
#include "request.h"

namespace sse::bench {
namespace {

/// Publishes what the streams will ask for when they come back.
Status publish_history(const Target& target, TicketBook& book, std::uint64_t events) {
  Requests requests(target.publish_port());
  std::string request;
  for (std::uint64_t i = 0; i < events; ++i) {
    request.clear();
    target.append_publish(request, *book.issue());
    const auto reply = requests.exchange(request);
    if (!target.is_accepted(reply.status, reply.body, 1)) {
      return Error{ErrorCode::kUnavailable, "the server did not take the events to replay"};
    }
  }
  return {};
}

/// Reads until all streams have `events` events. False: some will never have them.
bool read_until(std::uint64_t events, const Options& options, StreamSet& streams) {
  Patience patience(options.patience);
  while (streams.completed() < events) {
    streams.read(std::chrono::milliseconds(20));
    if (streams.seen().ended > 0 || patience.is_over(streams.seen().deliveries)) return false;
  }
  return true;
}

}  // namespace

cli::ExitCode run_storm(const Options& options, Report& report) {
  constexpr std::size_t kMostProbes = 1'000'000;
  if (auto allowed = allow_descriptors(options.transport.connections(options.streams)); !allowed)
    return refuse(allowed.error());
  Target target(options.target);
  if (auto ready = target.prepare(); !ready) return refuse(ready.error());
  TicketBook book(options.events + kMostProbes);
  if (auto kept = publish_history(target, book, options.events); !kept) return refuse(kept.error());

  StreamSet streams(target, book, options.streams, options.transport);
  const auto before = use_of(options);
  std::optional<Prober> prober;
  if (options.probe_rate > 0) prober.emplace(target, book, options.probe_rate);
  const auto begin_ns = steady_ns();
  if (auto opened = open_streams(options, streams, true, report); !opened) {
    return refuse(opened.error());
  }
  bool complete = read_until(options.events, options, streams);
  report.add("replayed_seconds", seconds_since(begin_ns), "s until all had all");
  if (prober) prober->stop();
  complete = complete && read_until(book.issued(), options, streams);
  report.add("deliveries", streams.seen().deliveries);
  if (prober) {
    report.add("probes", prober->published());
    report.add("probe_p50_ms", prober->times().percentile_ms(0.5), "ms");
    report.add("probe_p99_ms", prober->times().percentile_ms(0.99), "ms");
    report.add("probe_max_ms", prober->times().longest_ms(), "ms");
  }
  if (const auto after = use_of(options); before && after) {
    report.add("server_cpu_seconds", after->cpu_seconds - before->cpu_seconds, "s");
    report.add("server_rss_peak_bytes", after->peak_rss_bytes);
  }
  report_faults(streams.seen(), report);
  const bool good = complete && streams.seen().is_faultless() && !(prober && prober->has_failed());
  return good ? cli::ExitCode::kDone : cli::ExitCode::kNotAsWanted;
}

}  // namespace sse::bench
