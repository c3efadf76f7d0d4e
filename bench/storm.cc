// sse-storm: as after a restart of a proxy, many subscribers come back at once and resume, each
// with events to replay, while readings are posted. Checks that everyone gets everything once, and
// measures what the storm does to those who post.

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
#include "stream_set.h"

namespace sse::bench {
namespace {

struct Options {
  std::uint16_t port = 8089;
  std::size_t streams = 10'000;
  std::uint64_t events = 100;
  double rate = 100;
  std::optional<int> pid;
};

void declare(cli::CommandLine& line, Options& options) {
  auto list = line.options();
  list.number("--port", options.port, "the hub's port on 127.0.0.1 (default 8089)");
  list.number("--streams", options.streams, "subscribers that come back (default 10000)",
              std::size_t{1});
  list.number("--events", options.events, "events that each has to replay (default 100)",
              std::uint64_t{1});
  list.rate("--rate", options.rate, "readings posted meanwhile (default 100/s)");
  list.number("--pid", options.pid, "the hub's process, to report its CPU and memory");
}

/// Posts readings at a rate, on a thread of its own, until it is told to stop.
class Readings {
 public:
  Readings(std::uint16_t port, std::string metric, double rate)
      : requests_(port), metric_(std::move(metric)), rate_(rate), thread_([this] { run(); }) {}
  ~Readings() { stop(); }

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  // After stop().
  std::uint64_t posted() const { return latencies_us_.size(); }
  bool failed() const { return failed_; }
  std::vector<std::uint32_t>& latencies_us() { return latencies_us_; }

 private:
  void run() {
    const auto begin = steady_ns();
    while (!stopping_ && !failed_) {
      // From when it was due: one that had to wait for the one before it was late, too.
      const auto due =
          begin + static_cast<std::int64_t>(static_cast<double>(posted()) * 1e9 / rate_);
      const auto left = due - steady_ns();
      if (left > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(left));
      const std::string body = R"({"metric_id":")" + metric_ + R"(","value":1})";
      failed_ = requests_.post("/metrics/readings", body).status != 201;
      latencies_us_.push_back(static_cast<std::uint32_t>((steady_ns() - due) / 1000));
    }
  }

  Requests requests_;
  const std::string metric_;
  const double rate_;
  std::vector<std::uint32_t> latencies_us_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> failed_ = false;
  std::thread thread_;
};

/// A metric, and then the events to replay. The id to resume after is the metric's event's.
struct History {
  std::string metric;
  std::string resume_after;
};

std::optional<History> publish_history(const Options& options) {
  constexpr std::string_view kId = "{\"id\":\"";
  constexpr std::size_t kIdLength = 36;
  Requests requests(options.port);
  const auto metric = requests.post("/metrics", R"({"name":"storm"})");
  if (metric.status != 201) return std::nullopt;
  std::string lines;
  for (std::uint64_t i = 0; i < options.events; ++i) {
    lines += R"({"data":"before the storm )" + std::to_string(i) + "\"}\n";
  }
  if (requests.post("/events", lines, "application/x-ndjson").status != 200) return std::nullopt;
  return History{metric.body.substr(kId.size(), kIdLength), metric.field("SSE-Event-Id")};
}

std::uint64_t sequence_of(const std::string& id) {
  return std::stoull(id.substr(id.rfind('-') + 1), nullptr, 16);
}

double seconds_since(std::int64_t begin) {
  return static_cast<double>(steady_ns() - begin) / 1e9;
}

int measure(const Options& options) {
  raise_descriptor_limit();
  const auto history = publish_history(options);
  if (!history) {
    std::fprintf(stderr, "sse-storm: the hub did not take the events to replay\n");
    return 69;
  }
  StreamSet streams(options.port, options.streams,
                    "/events/watch?last_event_id=" + history->resume_after,
                    sequence_of(history->resume_after));
  Readings readings(options.port, history->metric, options.rate);
  const auto begin = steady_ns();
  if (const auto opened = streams.open(); !opened) {
    std::fprintf(stderr, "sse-storm: %s\n", opened.error().text.c_str());
    return 69;
  }
  const double open_seconds = seconds_since(begin);
  while (streams.received_by_all() < options.events && streams.seen().ended == 0) {
    streams.read(std::chrono::milliseconds(20));
  }
  const double replay_seconds = seconds_since(begin);
  readings.stop();
  const auto wanted = options.events + readings.posted();
  while (streams.received_by_all() < wanted && streams.seen().ended == 0 && !readings.failed()) {
    streams.read(std::chrono::milliseconds(20));
  }

  const auto& seen = streams.seen();
  auto& latencies = readings.latencies_us();
  std::printf("streams        %zu back in %.2f s, all replayed after %.2f s\n", options.streams,
              open_seconds, replay_seconds);
  std::printf("POSTs          %lu, p50 %.1f ms, p99 %.1f ms, longest %.1f ms\n",
              static_cast<unsigned long>(readings.posted()), percentile_ms(latencies, 0.5),
              percentile_ms(latencies, 0.99), percentile_ms(latencies, 1));
  if (const auto use = options.pid ? read_use(*options.pid) : std::nullopt) {
    std::printf("server         %.2f s of CPU, peak %.1f MiB\n", use->cpu_seconds,
                static_cast<double>(use->peak_rss_bytes) / 1048576);
  }
  std::printf("wrong          %lu out of order, %zu streams ended, %lu of %lu events for all\n",
              static_cast<unsigned long>(seen.out_of_order), seen.ended,
              static_cast<unsigned long>(streams.received_by_all()),
              static_cast<unsigned long>(wanted));
  const bool complete = streams.received_by_all() == wanted && !readings.failed();
  return complete && seen.out_of_order == 0 && seen.ended == 0 ? 0 : 1;
}

}  // namespace
}  // namespace sse::bench

int main(int argc, char** argv) {
  sse::bench::Options options;
  sse::cli::CommandLine line("sse-storm", "many subscribers come back to a local hub at once");
  declare(line, options);
  const auto outcome = line.parse(argc, argv);
  if (outcome.exit) return status(*outcome.exit);
  return sse::bench::measure(options);
}
