// sse-load: opens many streams on a hub of this machine, publishes events, and checks and measures
// what arrives. A fast wrong answer is no result: it exits 1 when anything was lost, doubled or
// reordered.

#include <atomic>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/options.h"
#include "percentile.h"
#include "request.h"
#include "server_process.h"
#include "slow_peers.h"
#include "stream_set.h"

namespace sse::bench {
namespace {

struct Options {
  std::uint16_t port = 8089;
  std::size_t streams = 1'000;
  std::uint64_t events = 100;
  double rate = 0;
  std::uint64_t window = 64;
  std::size_t publishers = 16;
  std::optional<int> pid;
  std::string target = "/events/watch";
  std::size_t deaf = 0;
  std::size_t trickling = 0;
  std::uint64_t trickle = 1000;
  std::uint64_t max_rss = 0;
};

void declare(cli::CommandLine& line, Options& options) {
  auto list = line.options();
  list.number("--port", options.port, "the hub's port on 127.0.0.1 (default 8089)");
  list.number("--streams", options.streams, "streams to open (default 1000)", std::size_t{1});
  list.number("--events", options.events, "events to publish; 0 = only open (default 100)");
  list.rate("--rate", options.rate, "events a second (default: as fast as --window allows)");
  list.number("--window", options.window,
              "events published and not yet received by all (default 64)", std::uint64_t{1});
  list.number("--publishers", options.publishers, "connections that publish (default 16)",
              std::size_t{1});
  list.number("--pid", options.pid, "the hub's process, to report its CPU and memory");
  list.size("--max-rss", options.max_rss, "with --pid: more memory than this is a failure");
  list.number("--deaf", options.deaf, "streams besides that never read (default 0)");
  list.number("--trickling", options.trickling, "streams besides that read slowly (default 0)");
  list.size("--trickle", options.trickle, "what they read in a second (default 1kB)");
  list.text("--target", options.target, "PATH", "what to subscribe to (default /events/watch)");
}

/// Publishes on threads of its own, one event a request, each on one connection.
class EventPump {
 public:
  explicit EventPump(const Options& options) : options_(options), begin_(steady_ns()) {
    for (std::size_t i = 0; i < options.publishers; ++i) {
      threads_.emplace_back([this] { run(); });
    }
  }
  ~EventPump() {
    for (auto& thread : threads_) thread.join();
  }

  void allow(std::uint64_t count) {
    allowed_ = count;
    allowed_.notify_all();
  }
  bool failed() const { return failed_; }

 private:
  void run() {
    Requests requests(options_.port);
    while (!failed_) {
      const std::uint64_t ticket = next_.fetch_add(1);
      if (ticket >= options_.events) return;
      wait_for_turn(ticket);
      const std::string body = R"({"data":")" + std::to_string(steady_ns()) + "\"}";
      if (requests.post("/events", body).status != 201) failed_ = true;
    }
  }

  void wait_for_turn(std::uint64_t ticket) const {
    if (options_.rate > 0) {
      const auto due =
          begin_ + static_cast<std::int64_t>(static_cast<double>(ticket) * 1e9 / options_.rate);
      const auto left = due - steady_ns();
      if (left > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(left));
      return;
    }
    for (auto allowed = allowed_.load(); ticket >= allowed; allowed = allowed_.load()) {
      allowed_.wait(allowed);
    }
  }

  const Options& options_;
  const std::int64_t begin_;
  std::atomic<std::uint64_t> allowed_ = 0;
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  std::vector<std::thread> threads_;
};

/// Publishes, reads until every stream has everything. False when publishing failed.
bool run_events(const Options& options, StreamSet& streams, SlowPeers& slow_peers) {
  EventPump pump(options);
  pump.allow(options.window);
  std::uint64_t received = 0;
  while (received < options.events && !pump.failed() && streams.seen().ended == 0) {
    streams.read(std::chrono::milliseconds(20));
    slow_peers.read();
    received = streams.received_by_all();
    pump.allow(received + options.window);
  }
  if (received < options.events) pump.allow(options.events);
  return !pump.failed() && received == options.events;
}

int measure(const Options& options) {
  raise_descriptor_limit();
  const auto use_at = [&] { return options.pid ? read_use(*options.pid) : std::nullopt; };
  const auto before = use_at();
  StreamSet streams(options.port, options.streams, options.target);
  auto begin = steady_ns();
  if (const auto opened = streams.open(); !opened) {
    std::fprintf(stderr, "sse-load: %s\n", opened.error().text.c_str());
    return 69;
  }
  const double open_seconds = static_cast<double>(steady_ns() - begin) / 1e9;
  const auto count = static_cast<double>(options.streams);
  std::printf("streams        %zu opened in %.2f s, %.0f a second\n", options.streams, open_seconds,
              count / open_seconds);
  const auto idle = use_at();
  if (before && idle) {
    const auto grown =
        static_cast<double>(idle->rss_bytes) - static_cast<double>(before->rss_bytes);
    std::printf("memory         %.0f bytes of server RSS a stream\n", grown / count);
  }
  SlowPeers slow_peers(options.port, options.deaf, options.trickling, options.trickle);
  begin = steady_ns();
  const bool complete = run_events(options, streams, slow_peers);
  const double seconds = static_cast<double>(steady_ns() - begin) / 1e9;
  const auto& seen = streams.seen();
  const auto deliveries = static_cast<double>(seen.deliveries);
  std::printf("deliveries     %.0f in %.2f s, %.3f million a second\n", deliveries, seconds,
              deliveries / seconds / 1e6);
  const auto after = use_at();
  bool fits = true;
  if (after) {
    std::printf("memory peak    %.1f MiB\n", static_cast<double>(after->peak_rss_bytes) / 1048576);
    fits = options.max_rss == 0 || after->peak_rss_bytes <= options.max_rss;
  }
  if (slow_peers.count() > 0) {
    std::printf("slow peers     %zu, and %zu of them saw their stream end\n", slow_peers.count(),
                slow_peers.closed());
  }
  if (idle && after) {
    std::printf("server CPU     %.2f us a delivery\n",
                (after->cpu_seconds - idle->cpu_seconds) * 1e6 / deliveries);
  }
  auto latencies = seen.latencies_us;
  std::printf("latency        p50 %.1f ms, p99 %.1f ms\n", percentile_ms(latencies, 0.5),
              percentile_ms(latencies, 0.99));
  std::printf("wrong          %lu out of order, %lu control blocks, %zu streams ended\n",
              static_cast<unsigned long>(seen.out_of_order),
              static_cast<unsigned long>(seen.control), seen.ended);
  return complete && fits && seen.out_of_order == 0 && seen.ended == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sse::bench

int main(int argc, char** argv) {
  sse::bench::Options options;
  sse::cli::CommandLine line("sse-load",
                             "opens streams on a local hub, publishes, checks and measures");
  declare(line, options);
  const auto outcome = line.parse(argc, argv);
  if (outcome.exit) return status(*outcome.exit);
  return sse::bench::measure(options);
}
