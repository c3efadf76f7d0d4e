#include "million/measure.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include <malloc.h>

#include "sse/base/process_usage.h"

#include "million/crowd.h"

namespace sse::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::size_t kTopics = 1000;
constexpr std::uint32_t kSingleEvents = 5;
constexpr std::uint32_t kBurst = 64;

constexpr char kReading[] = R"({"type":"reading","topic":"plant/7","data":)"
                            R"({"id":"018f4c2e-0000-7000-8000-000000000000","value":21.5}})";

double seconds(nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// Allocated from malloc, its own overhead included.
double heap_bytes() {
  const auto use = mallinfo2();
  return static_cast<double>(use.uordblks) + static_cast<double>(use.hblkhd);
}

double resident_bytes() {
  const auto usage = process_usage(SystemClock());
  return usage ? static_cast<double>(usage->resident_bytes) : 0;
}

test::MemoryHub::Options hub_options(std::size_t streams) {
  test::MemoryHub::Options options;
  options.hub.max_clients = streams;
  options.log.retention.max_bytes = 16U << 20U;
  return options;
}

/// One hub and its crowd. The peers' own memory is there before anything is measured.
class Stage {
 public:
  Stage(std::size_t streams, const Wants& wants, Measured& measured)
      : hub_(hub_options(streams)), crowd_(hub_, streams, wants), measured_(measured) {}

  void note(std::string_view name, std::string_view unit, double value) {
    measured_.figures.push_back({name, unit, value});
  }
  void expect(bool holds, std::string_view promise) {
    if (!holds) measured_.failures.push_back(promise);
  }
  double streams() const { return static_cast<double>(measured_.streams); }

  void open(std::string_view memory_name, std::string_view resident_name,
            std::string_view time_name) {
    hub_.connect();  // what only the first connection costs
    crowd_.turn();
    const double heap = heap_bytes();
    const double resident = resident_bytes();
    const auto begin = cpu_time();
    crowd_.open_all();
    crowd_.settle();
    note(time_name, "us", seconds(cpu_time() - begin) * 1e6 / streams());
    note(memory_name, "bytes", (heap_bytes() - heap) / streams());
    note(resident_name, "bytes", (resident_bytes() - resident) / streams());
    expect(hub_.hub.stream_count() == measured_.streams, "every stream opens");
    crowd_.take_longest_turn();
  }

  /// Publishes and sends; CPU time of the sending.
  nanoseconds deliver(Publishing& publishing, std::uint32_t events) {
    for (std::uint32_t i = 0; i < events; ++i) publishing.post("/events", kReading);
    const auto begin = cpu_time();
    crowd_.settle();
    return cpu_time() - begin;
  }

  void fan_out() {
    Publishing publishing(hub_);
    nanoseconds spent{0};
    for (std::uint32_t i = 0; i < kSingleEvents; ++i) spent += deliver(publishing, 1);
    note("one_event_to_all", "ms", seconds(spent) * 1e3 / kSingleEvents);
    note("delivery", "ns", seconds(spent) * 1e9 / kSingleEvents / streams());
    note("longest_turn", "ms", seconds(crowd_.take_longest_turn()) * 1e3);
    const auto sends = crowd_.network().sends;
    const auto burst = deliver(publishing, kBurst);
    note("delivery_of_64_at_once", "ns", seconds(burst) * 1e9 / kBurst / streams());
    note("sends_per_64_events", "",
         static_cast<double>(crowd_.network().sends - sends) / streams());
    expect(crowd_.count_unlike(kSingleEvents + kBurst) == 0, "every stream gets every event once");
  }

  /// Three intervals of silence, the clock moved by hand.
  void keep_alive() {
    constexpr milliseconds kStep{20};
    const auto begin = cpu_time();
    const auto interval = hub_.hub.options().heartbeat;
    std::uint64_t most_in_step = 0;
    std::uint64_t most_in_second = 0;
    std::uint64_t second_began = crowd_.network().sends;
    const std::uint64_t before = second_began;
    const auto steps = static_cast<int>(3 * interval / kStep);
    for (int step = 1; step <= steps; ++step) {
      const std::uint64_t sends = crowd_.network().sends;
      hub_.clock.advance(kStep);
      crowd_.turn();
      while (crowd_.network().sends > sends && turn_sent()) {
      }
      most_in_step = std::max(most_in_step, crowd_.network().sends - sends);
      if (step % 50 != 0) continue;
      most_in_second = std::max(most_in_second, crowd_.network().sends - second_began);
      second_began = crowd_.network().sends;
    }
    const auto all = static_cast<double>(crowd_.network().sends - before);
    note("heartbeats_a_second", "", all / seconds(3 * interval));
    note("heartbeats_most_in_a_second", "", static_cast<double>(most_in_second));
    note("heartbeats_most_in_20_ms", "", static_cast<double>(most_in_step));
    note("heartbeat", "ns", seconds(cpu_time() - begin) * 1e9 / all);
    const auto least =
        std::min_element(crowd_.peers().begin(), crowd_.peers().end(),
                         [](const auto& a, const auto& b) { return a.heartbeats < b.heartbeats; });
    expect(least->heartbeats >= 2, "every silent stream has its heartbeats");
  }

  /// Newcomers push out the oldest.
  void evict() {
    const std::size_t newcomers = std::max<std::size_t>(measured_.streams / 100, 1);
    Crowd more(hub_, newcomers, {}, hub_.log.head());
    const auto begin = cpu_time();
    more.open_all();
    more.settle();
    crowd_.settle();
    note("eviction", "us", seconds(cpu_time() - begin) * 1e6 / static_cast<double>(newcomers));
    for (int turn = 0; turn < 1'000; ++turn) hub_.loop().turn();  // a turn closes some of them
    const auto is_out = [](const LightPeer& peer) {
      return peer.is_closing && peer.socket == nullptr;
    };
    const auto oldest_end = crowd_.peers().begin() + static_cast<std::ptrdiff_t>(newcomers);
    expect(std::all_of(crowd_.peers().begin(), oldest_end, is_out) &&
               std::none_of(oldest_end, crowd_.peers().end(), is_out),
           "exactly the oldest streams are evicted");
    hub_.clock.advance(milliseconds(20));
    drain(more);
  }

  void filtered() {
    Publishing publishing(hub_);
    publishing.post("/events", event_for(0));
    crowd_.settle();
    auto begin = cpu_time();
    publishing.post("/events", event_for(0));
    crowd_.settle();
    note("filtered_one_topic", "ms", seconds(cpu_time() - begin) * 1e3);
    std::string batch;
    for (std::size_t topic = 0; topic < kTopics; ++topic) batch += event_for(topic) + "\n";
    begin = cpu_time();
    publishing.post("/events", batch, "application/x-ndjson");
    crowd_.settle();
    note("filtered_delivery", "ns", seconds(cpu_time() - begin) * 1e9 / streams());
    std::size_t unlike = 0;
    for (std::size_t i = 0; i < crowd_.peers().size(); ++i) {
      unlike += crowd_.peers()[i].events != (i % kTopics == 0 ? 3U : 1U) ? 1U : 0U;
    }
    expect(unlike == 0, "every filtered stream gets exactly its topic");
  }

  std::uint64_t wrong() const { return crowd_.network().wrong; }

 private:
  static std::string event_for(std::size_t topic) {
    return R"({"type":"reading","topic":")" + topic_name(topic) + R"(","data":{"value":21.5}})";
  }

  bool turn_sent() {
    const std::uint64_t sends = crowd_.network().sends;
    crowd_.turn();
    return crowd_.network().sends > sends;
  }

  void drain(Crowd& more) {
    bool is_drained = false;
    crowd_.take_longest_turn();
    const auto begin = cpu_time();
    hub_.hub.drain(std::chrono::seconds(30), [&is_drained] { is_drained = true; });
    for (int turn = 0; !is_drained && turn < 1'000'000; ++turn) {
      crowd_.turn();
      more.turn();
    }
    note("drain", "us", seconds(cpu_time() - begin) * 1e6 / streams());
    note("longest_turn_of_drain", "ms", seconds(crowd_.take_longest_turn()) * 1e3);
    const auto was_told = [](const LightPeer& peer) {
      return peer.is_closing && peer.socket == nullptr;
    };
    expect(is_drained && std::all_of(crowd_.peers().begin(), crowd_.peers().end(), was_told) &&
               std::all_of(more.peers().begin(), more.peers().end(), was_told),
           "every stream is told that the hub drains");
    expect(more.network().wrong == 0, "nothing wrong is received");
  }

  test::MemoryHub hub_;
  Crowd crowd_;
  Measured& measured_;
};

}  // namespace

Measured measure(std::size_t streams) {
  Measured measured;
  measured.streams = streams;
  {
    const auto stage = std::make_unique<Stage>(streams, Wants{}, measured);
    stage->open("heap_per_stream", "resident_per_stream", "open");
    stage->fan_out();
    stage->keep_alive();
    stage->evict();
    stage->expect(stage->wrong() == 0, "nothing wrong is received");
  }
  malloc_trim(0);
  const auto stage = std::make_unique<Stage>(streams, Wants{kTopics}, measured);
  stage->open("filtered_heap_per_stream", "filtered_resident_per_stream", "filtered_open");
  stage->filtered();
  stage->expect(stage->wrong() == 0, "nothing wrong is received by filtered streams");
  return measured;
}

}  // namespace sse::bench
