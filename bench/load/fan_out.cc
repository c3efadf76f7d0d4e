#include <memory>
#include <optional>

#include "descriptors.h"
#include "modes.h"
#include "prober.h"
#include "publisher_pool.h"
#include "slow_peers.h"

namespace sse::bench {
namespace {

// Of a run that ends with its time: half a minute at 250,000 events a second.
constexpr std::size_t kMostEvents = 8'000'000;

/// One run, from the first event to the last.
struct Run {
  const Options& options;
  TicketBook& book;
  StreamSet& streams;
  SlowPeers& slow_peers;
  PublisherPool& pool;
  Prober* prober;
  bool complete = false;
};

/// Whether all that was published has arrived.
bool has_arrived(const Run& run) {
  return run.streams.count() == 0 || run.streams.completed() == run.book.issued();
}

/// Reads until everything is published and has arrived, or will not arrive any more.
void read_everything(Run& run) {
  const auto begin_ns = steady_ns();
  const auto end_ns = begin_ns + run.options.duration.count();
  bool publishing = true;
  Patience patience(run.options.patience);
  while (run.streams.seen().ended == 0) {
    run.streams.read(std::chrono::milliseconds(20));
    run.slow_peers.read();
    run.pool.allow(run.streams.completed());
    if (publishing && run.options.events == 0 && steady_ns() >= end_ns) run.pool.stop();
    if (publishing && run.pool.is_done()) {
      publishing = false;
      if (run.prober != nullptr) run.prober->stop();
    }
    if (!publishing && has_arrived(run)) {
      run.complete = true;
      return;
    }
    if (patience.is_over(run.streams.seen().deliveries + run.book.issued())) return;
  }
}

void report_run(const Run& run, double seconds, double load_cpu, Report& report) {
  const auto& seen = run.streams.seen();
  const auto events = static_cast<double>(run.book.issued());
  const auto deliveries = static_cast<double>(seen.deliveries);
  report.add("seconds", seconds, "s");
  report.add("events", run.book.issued());
  report.add("events_per_second", events / seconds, "a second");
  if (run.streams.count() > 0) {
    report.add("deliveries", seen.deliveries);
    report.add("deliveries_per_second", deliveries / seconds, "a second");
    report.add("bytes_per_delivery", static_cast<double>(seen.bytes) / deliveries,
               "heads included");
    report.add("latency_p50_ms", seen.latency.percentile_ms(0.5), "ms");
    report.add("latency_p99_ms", seen.latency.percentile_ms(0.99), "ms");
    report.add("latency_max_ms", seen.latency.longest_ms(), "ms");
  }
  const auto& answers = run.pool.answer_times();
  report.add("requests", answers.count());
  report.add("requests_per_second", static_cast<double>(answers.count()) / seconds, "a second");
  report.add("request_p50_ms", answers.percentile_ms(0.5), "ms");
  report.add("request_p99_ms", answers.percentile_ms(0.99), "ms");
  if (run.options.rate > 0) report.add("publisher_late_ms", run.pool.latest_ms(), "ms at most");
  if (run.prober != nullptr) {
    report.add("probes", run.prober->published());
    report.add("probe_p50_ms", run.prober->times().percentile_ms(0.5), "ms");
    report.add("probe_p99_ms", run.prober->times().percentile_ms(0.99), "ms");
    report.add("probe_max_ms", run.prober->times().longest_ms(), "ms");
  }
  if (run.slow_peers.count() > 0) {
    report.add("slow_peers", run.slow_peers.count());
    report.add("slow_peers_closed", run.slow_peers.closed());
  }
  report.add("load_busy", load_cpu / seconds, "cores of this program");
}

void report_server(const ServerUse& before, const ServerUse& after, const Run& run, double seconds,
                   Report& report) {
  const double cpu = after.cpu_seconds - before.cpu_seconds;
  const auto events = static_cast<double>(run.book.issued());
  const auto deliveries = static_cast<double>(run.streams.seen().deliveries);
  report.add("server_cpu_seconds", cpu, "s");
  report.add("server_busy", cpu / seconds, "cores");
  report.add("cpu_us_per_event", cpu * 1e6 / events, "us of server CPU");
  report.add("events_per_cpu_second", events / cpu);
  if (deliveries > 0) {
    report.add("cpu_us_per_delivery", cpu * 1e6 / deliveries, "us of server CPU");
    report.add("deliveries_per_cpu_second", deliveries / cpu);
  }
  report.add("server_rss_peak_bytes", after.peak_rss_bytes);
}

}  // namespace

cli::ExitCode run_fan_out(const Options& options, bool probing, Report& report) {
  const auto peers = options.transport.connections(options.streams) + options.deaf +
                     options.trickling + options.connections;
  if (auto allowed = allow_descriptors(peers); !allowed) return refuse(allowed.error());
  Target target(options.target);
  if (auto ready = target.prepare(); !ready) return refuse(ready.error());
  TicketBook book(options.events > 0 && !probing ? options.events : kMostEvents);
  StreamSet streams(target, book, options.streams, options.transport);
  // Another node may not have what was published first: its streams wait for what comes after it.
  const bool resuming = target.has_more_nodes();
  if (auto opened = open_streams(options, streams, resuming, report); !opened) {
    return refuse(opened.error());
  }
  SlowPeers slow_peers(target, options.deaf, options.trickling, options.trickle);

  Pace pace;
  pace.connections = options.connections;
  if (options.events > 0) pace.events = options.events;
  pace.rate = options.rate;
  pace.window = options.rate > 0 || options.streams == 0 ? 0 : options.window;
  pace.batch = options.batch;
  PublisherPool pool(target, book, pace);
  const auto before = use_of(options);
  const double load_before = own_cpu_seconds();
  const auto begin_ns = steady_ns();
  if (auto started = pool.start(); !started) return refuse(started.error());
  std::optional<Prober> prober;
  if (probing) prober.emplace(target, book, options.probe_rate);
  Run run{options, book, streams, slow_peers, pool, prober ? &*prober : nullptr};
  read_everything(run);
  const double seconds = seconds_since(begin_ns);
  if (prober) prober->stop();
  const bool answered = pool.is_done();
  pool.abandon();
  const auto after = use_of(options);
  report_run(run, seconds, own_cpu_seconds() - load_before, report);
  if (before && after) report_server(*before, *after, run, seconds, report);
  report_faults(streams.seen(), report);

  const bool fits = options.max_rss == 0 || (after && after->peak_rss_bytes <= options.max_rss);
  if (answered && !pool.outcome()) return refuse(pool.outcome().error());
  const bool good =
      run.complete && fits && streams.seen().is_faultless() && !(prober && prober->has_failed());
  return good ? cli::ExitCode::kDone : cli::ExitCode::kNotAsWanted;
}

}  // namespace sse::bench
