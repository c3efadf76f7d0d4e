// Connections that come and go all the time, and a steady load: memory and descriptors stay flat. A
// few hundred rounds here; SSE_SOAK=20m goes on for so long at 100 connections and 1,000 events a
// second, and prints a table (docs/testing.md).

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sse/base/quantities.h"

#include "crowd.h"
#include "support/catch.h"
#include "support/program.h"
#include "system/process.h"

namespace sse::test {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::size_t kSteady = 20;
constexpr std::size_t kPassing = 50;  // streams that stay for a moment
constexpr std::size_t kEventsARound = 10;
constexpr milliseconds kRound{10};  // when soaking; else as fast as it goes
constexpr std::size_t kShortRounds = 300;
// Longer than a segment of the log takes to fill and to go: each window has the saw's tooth.
constexpr seconds kSample{15};
constexpr seconds kWarmUp{30};  // the log is full (--ttl 10s), every pool has grown
constexpr double kMostGrowth = 2.0 * (1 << 20);  // bytes over the whole run, by the trend

std::optional<std::chrono::nanoseconds> soak_time() {
  const char* text = std::getenv("SSE_SOAK");
  if (text == nullptr) return std::nullopt;
  const auto time = parse_duration(text);
  REQUIRE(time);
  return *time;
}

struct Sample {
  double seconds = 0;
  double rss = 0;
  std::size_t descriptors = 0;
};

/// Bytes a second: the slope of the line through the samples (least squares).
double trend(const std::vector<Sample>& samples) {
  double time = 0;
  double rss = 0;
  for (const auto& sample : samples) {
    time += sample.seconds / static_cast<double>(samples.size());
    rss += sample.rss / static_cast<double>(samples.size());
  }
  double covariance = 0;
  double variance = 0;
  for (const auto& sample : samples) {
    covariance += (sample.seconds - time) * (sample.rss - rss);
    variance += (sample.seconds - time) * (sample.seconds - time);
  }
  return variance == 0 ? 0 : covariance / variance;
}

class Soak {
 public:
  Soak() : hub_({"--ttl=10s"}), steady_(hub_.port()), poster_(hub_.port()) {
    steady_.open(kSteady);
    round();
    descriptors_before_ = open_descriptors(pid_);
  }

  /// One stream opens, the oldest of the passing ones goes, and some events are published.
  void round() {
    passing_.emplace_back(hub_.port())
        .send("GET /events/watch?since=-5 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    if (passing_.size() > kPassing) {
      if (++rounds_ % 2 == 0) passing_.front().reset();
      passing_.pop_front();
    }
    std::string lines;
    for (std::size_t i = 0; i < kEventsARound; ++i) {
      lines += R"({"type":"soak","topic":"a/b","data":"a text of an ordinary length, some words"})";
      lines += '\n';
    }
    poster_.post(lines, "application/x-ndjson");
    wait_until(
        [&] {
          steady_.read();
          const auto answer = poster_.answer();
          if (answer) published_ += answer->status == 200 ? kEventsARound : 0;
          return answer.has_value();
        },
        "an answer to a POST");
  }

  /// The most since the last call.
  Sample sample(double at) {
    return {at, static_cast<double>(std::exchange(peak_, 0)), open_descriptors(pid_)};
  }
  void look_at_memory() { peak_ = std::max(peak_, rss_bytes(pid_)); }

  std::size_t published() const { return published_; }

  /// Every stream that passed is gone, and those that stayed have everything.
  void check_end() {
    passing_.clear();
    wait_until([&] { return open_descriptors(pid_) < descriptors_before_; },
               "the hub to let go of the streams that passed");
    wait_until(
        [&] {
          steady_.read();
          return steady_.all_reached(published_);
        },
        "the steady ones to have everything");
    for (const auto& stream : steady_.streams()) CHECK(stream.is_complete());
  }

 private:
  HubProgram hub_;
  const pid_t pid_ = hub_.program().pid();
  Crowd steady_;
  Poster poster_;
  std::deque<RawConnection> passing_;
  std::size_t rounds_ = 0;
  std::size_t published_ = 0;
  std::size_t descriptors_before_ = 0;
  std::size_t peak_ = 0;  // bytes
};

void soak_for(Soak& soak, std::chrono::nanoseconds time) {
  std::vector<Sample> samples;
  const auto begin = steady_clock::now();
  auto next_round = begin;
  auto next_sample = begin + kSample;
  std::printf("  seconds   peak MiB  descriptors     events\n");
  while (steady_clock::now() < begin + time) {
    soak.round();
    soak.look_at_memory();
    if (steady_clock::now() >= next_sample) {
      const double at = duration<double>(steady_clock::now() - begin).count();
      samples.push_back(soak.sample(at));
      std::printf("%9.0f %10.2f %12zu %10zu\n", at, samples.back().rss / (1 << 20),
                  samples.back().descriptors, soak.published());
      std::fflush(stdout);
      next_sample += kSample;
    }
    next_round += kRound;
    std::this_thread::sleep_until(next_round);
  }
  std::erase_if(samples, [](const Sample& sample) { return sample.seconds < kWarmUp.count(); });
  const double growth = trend(samples) * duration<double>(time).count();
  std::printf("trend after %ld s: %+.2f MiB over the whole run\n",
              static_cast<long>(kWarmUp.count()), growth / (1 << 20));
  CHECK(growth < kMostGrowth);
}

TEST_CASE("Streams that come and go leave nothing behind", "[system][soak]") {
  Soak soak;
  if (const auto time = soak_time()) {
    soak_for(soak, *time);
  } else {
    for (std::size_t i = 0; i < kShortRounds; ++i) soak.round();
  }
  soak.check_end();
}

}  // namespace
}  // namespace sse::test
