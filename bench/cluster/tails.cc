#include "cluster/tails.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "cluster/bare_scripts.h"
#include "load/histogram.h"
#include "load/server_process.h"
#include "load/ticket_book.h"

namespace sse::bench {
namespace {

constexpr const char* kName = "sse-tails";
constexpr std::size_t kMostInCall = 256;  // of a chunk
constexpr std::size_t kPings = 500;
constexpr std::chrono::milliseconds kWait{100};

/// What the threads of one run share.
struct Shared {
  std::atomic<std::uint64_t> done = 0;  // sequences that the first tail has
  std::atomic<std::uint64_t> counted = 0;
  std::atomic<bool> is_stopping = false;
  std::atomic<bool> is_measured = false;
  std::mutex mutex;
  std::condition_variable has_more;  // for the publisher
  std::condition_variable is_over;   // for the thread that measures
  Status failure;                    // by `mutex`
  // When each of the newest events was sent, by its sequence: more than can be under way.
  std::array<std::atomic<std::int64_t>, 65536> sent_ns{};

  void fail(Error error) {
    const std::lock_guard lock(mutex);
    if (failure) failure = std::move(error);
    end();
  }

  void end() {
    is_stopping = true;
    has_more.notify_one();
    is_over.notify_one();
  }
};

/// Reads what comes, and calls `take(last sequence, events)` for each entry.
template <typename Take>
void read_tail(std::uint16_t port, Shared& shared, Take take) {
  auto scripts = BareScripts::connect(port, kName);
  if (!scripts) return shared.fail(scripts.error());
  std::string newest = "0-0";
  std::uint64_t sequence = 0;
  while (!shared.is_stopping) {
    auto entries = scripts->read(newest, kWait);
    if (!entries) return shared.fail(entries.error());
    for (auto& entry : *entries) {
      if (entry.last != sequence + entry.events) {
        return shared.fail(
            {ErrorCode::kIo, "after " + std::to_string(sequence) + " came " + entry.id});
      }
      sequence = entry.last;
      take(sequence, entry.events);
      newest = std::move(entry.id);
    }
  }
}

void publish(BareScripts& scripts, const TailOptions& options, Shared& shared) {
  const std::string chunk(kMostInCall * options.size, 'x');
  const std::size_t most = std::max<std::size_t>(kMostInCall / options.batch, 1) * options.batch;
  std::uint64_t sent = 0;
  while (true) {
    std::size_t free = 0;
    {
      std::unique_lock lock(shared.mutex);
      shared.has_more.wait(lock, [&] {
        free = options.in_flight - static_cast<std::size_t>(sent - shared.done);
        return shared.is_stopping || free >= options.batch;
      });
    }
    if (shared.is_stopping) return;
    const auto events = std::min(free / options.batch * options.batch, most);
    const auto now = steady_ns();
    for (std::size_t i = 1; i <= events; ++i) {
      shared.sent_ns[(sent + i) % shared.sent_ns.size()] = now;
    }
    const auto appended = scripts.append(
        events, std::string_view(chunk).substr(0, std::min(events * options.size, chunk.size())));
    if (!appended) return shared.fail(appended.error());
    sent += events;
  }
}

Result<double> round_trip_ms(BareScripts& scripts) {
  Histogram times;
  for (std::size_t i = 0; i < kPings; ++i) {
    const auto begin = steady_ns();
    SSE_TRY(scripts.ping());
    times.add(steady_ns() - begin);
  }
  return times.percentile_ms(0.5);
}

}  // namespace

Status measure_tails(const TailOptions& options, Report& report) {
  auto scripts = SSE_TRY(BareScripts::connect(options.port, kName));
  SSE_TRY(scripts.attach());
  const double round_trip = SSE_TRY(round_trip_ms(scripts));
  Shared shared;
  Histogram latency;
  std::thread first([&] {
    read_tail(options.port, shared, [&](std::uint64_t sequence, std::uint64_t) {
      const std::lock_guard lock(shared.mutex);
      shared.done = sequence;
      shared.has_more.notify_one();
    });
  });
  std::thread second([&] {
    read_tail(options.port, shared, [&](std::uint64_t sequence, std::uint64_t events) {
      shared.counted += events;
      if (!shared.is_measured) return;
      latency.add(steady_ns() - shared.sent_ns[sequence % shared.sent_ns.size()]);
    });
  });
  std::thread publisher([&] { publish(scripts, options, shared); });

  const auto pause = [&](std::chrono::nanoseconds length) {
    std::unique_lock lock(shared.mutex);
    shared.is_over.wait_for(lock, length, [&] { return shared.is_stopping.load(); });
  };
  pause(options.warm_up);
  const auto engine_before = options.pid ? read_use(*options.pid) : std::nullopt;
  const double cpu_before = own_cpu_seconds();
  const auto begin = steady_ns();
  const std::uint64_t counted_before = shared.counted;
  shared.is_measured = true;
  pause(options.duration);
  const auto events = static_cast<double>(shared.counted - counted_before);
  const double seconds = static_cast<double>(steady_ns() - begin) / 1e9;
  const double cpu = own_cpu_seconds() - cpu_before;
  const auto engine_after = options.pid ? read_use(*options.pid) : std::nullopt;
  {
    const std::lock_guard lock(shared.mutex);
    shared.end();
  }
  for (auto* thread : {&publisher, &first, &second}) thread->join();
  SSE_TRY(shared.failure);
  SSE_TRY(scripts.remove());

  report.add("seconds", seconds, "s");
  report.add("events", static_cast<std::uint64_t>(events));
  report.add("events_per_second", events / seconds, "a second");
  report.add("latency_p50_ms", latency.percentile_ms(0.5), "ms until the second tail has it");
  report.add("latency_p99_ms", latency.percentile_ms(0.99), "ms");
  report.add("round_trip_ms", round_trip, "ms, of a PING before");
  report.add("busy", cpu / seconds, "cores of this program");
  if (engine_before && engine_after) {
    const double engine = engine_after->cpu_seconds - engine_before->cpu_seconds;
    report.add("engine_busy", engine / seconds, "cores");
    report.add("engine_cpu_us_per_event", engine * 1e6 / std::max(events, 1.0), "us");
  }
  return {};
}

}  // namespace sse::bench
