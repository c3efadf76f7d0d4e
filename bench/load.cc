// sse-load: opens many streams on a hub of this machine, publishes events, and checks and measures
// what arrives. A fast wrong answer is no result: it exits 1 when anything was lost, doubled or
// reordered.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/options.h"
#include "server_process.h"
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
  list.text("--target", options.target, "PATH", "what to subscribe to (default /events/watch)");
}

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
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
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(options_.port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int one = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&server), sizeof server) != 0) {
      failed_ = true;
    }
    while (!failed_) {
      const std::uint64_t ticket = next_.fetch_add(1);
      if (ticket >= options_.events) return;
      wait_for_turn(ticket);
      if (!publish(fd.get())) failed_ = true;
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

  static bool publish(int fd) {
    const std::string body = R"({"data":")" + std::to_string(steady_ns()) + "\"}";
    const std::string request = "POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body;
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) return false;
    std::string answer;
    char buffer[4096];
    // Answers of this route are short and end with their JSON object.
    while (answer.empty() || answer.back() != '}') {
      const auto bytes = ::recv(fd, buffer, sizeof buffer, 0);
      if (bytes <= 0) return false;
      answer.append(buffer, static_cast<std::size_t>(bytes));
    }
    return answer.compare(9, 3, "201") == 0;
  }

  const Options& options_;
  const std::int64_t begin_;
  std::atomic<std::uint64_t> allowed_ = 0;
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  std::vector<std::thread> threads_;
};

double percentile(std::vector<std::uint32_t>& values, double part) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at] / 1000.0;
}

/// Publishes, reads until every stream has everything. False when publishing failed.
bool run_events(const Options& options, StreamSet& streams) {
  EventPump pump(options);
  pump.allow(options.window);
  std::uint64_t received = 0;
  while (received < options.events && !pump.failed() && streams.seen().ended == 0) {
    streams.read(std::chrono::milliseconds(20));
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
  begin = steady_ns();
  const bool complete = run_events(options, streams);
  const double seconds = static_cast<double>(steady_ns() - begin) / 1e9;
  const auto& seen = streams.seen();
  const auto deliveries = static_cast<double>(seen.deliveries);
  std::printf("deliveries     %.0f in %.2f s, %.3f million a second\n", deliveries, seconds,
              deliveries / seconds / 1e6);
  const auto after = use_at();
  if (idle && after) {
    std::printf("server CPU     %.2f us a delivery\n",
                (after->cpu_seconds - idle->cpu_seconds) * 1e6 / deliveries);
  }
  auto latencies = seen.latencies_us;
  std::printf("latency        p50 %.1f ms, p99 %.1f ms\n", percentile(latencies, 0.5),
              percentile(latencies, 0.99));
  std::printf("wrong          %lu out of order, %lu control blocks, %zu streams ended\n",
              static_cast<unsigned long>(seen.out_of_order),
              static_cast<unsigned long>(seen.control), seen.ended);
  return complete && seen.out_of_order == 0 && seen.ended == 0 ? 0 : 1;
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
