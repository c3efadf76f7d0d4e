#include "demo.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "sse/base/logging.h"
#include "sse/domain/create_metric.h"
#include "sse/domain/record_reading.h"
#include "sse/net/loop.h"

namespace sse::serve {
namespace {

struct Subject {
  const char* name;
  double low;
  double high;
};

constexpr std::array kSubjects{
    Subject{"demo.cpu.percent", 0, 100},         Subject{"demo.memory.gib", 2, 16},
    Subject{"demo.requests.per_second", 0, 900}, Subject{"demo.temperature.celsius", 35, 85},
    Subject{"demo.queue.length", 0, 40},
};

// How far a value wanders in one step, as a part of its range.
constexpr double kStep = 0.04;

// Timers have a grain of a millisecond: a step records what has become due since the last one.
constexpr std::chrono::nanoseconds kShortestStep = std::chrono::milliseconds(1);
constexpr std::chrono::nanoseconds kLongestStep = std::chrono::hours(24);

// After a pause (a suspended machine) the demo goes on, it does not catch up.
constexpr int kMostInAStep = 1'000;

std::chrono::nanoseconds interval_of(double rate) {
  constexpr double kLongest = std::chrono::duration<double, std::nano>(kLongestStep).count();
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(std::llround(std::clamp(1e9 / rate, 1.0, kLongest))));
}

}  // namespace

Demo::Demo(const domain::Ports& ports, net::Loop& loop, double rate)
    : ports_(ports), loop_(loop), interval_(interval_of(rate)) {
}

void Demo::start() {
  for (const auto& subject : kSubjects) {
    const auto created =
        domain::create_metric(ports_, {subject.name, interval_ * static_cast<int>(kSubjects.size()),
                                       domain::WhenNameExists::kReturnExisting});
    if (!created) {
      log_line(LogLevel::kWarning, "demo: " + created.error().text);
      continue;
    }
    const double middle = (subject.low + subject.high) / 2;
    wanderers_.push_back({created->metric.id, subject.low, subject.high, middle});
  }
  if (wanderers_.empty()) return;
  due_ = loop_.now().boot + interval_;
  schedule();
}

void Demo::schedule() {
  loop_.run_at(std::max(due_, loop_.now().boot + kShortestStep), [this] { step(); });
}

void Demo::step() {
  const auto now = loop_.now().boot;
  for (int recorded = 0; due_ <= now && recorded < kMostInAStep; ++recorded) {
    record_one();
    due_ += interval_;
  }
  due_ = std::max(due_, now);
  schedule();
}

void Demo::record_one() {
  Wanderer& wanderer = wanderers_[next_];
  next_ = (next_ + 1) % wanderers_.size();
  constexpr std::uint64_t kGrain = 2'000'001;
  const double direction = static_cast<double>(ports_.random.below(kGrain)) / 1'000'000 - 1;
  const double range = wanderer.high - wanderer.low;
  const double moved = wanderer.value + direction * kStep * range;
  wanderer.value = std::round(std::clamp(moved, wanderer.low, wanderer.high) * 100) / 100;
  // Refused while the hub drains, and unknown once somebody deleted the metric: both are fine.
  [[maybe_unused]] const auto recorded =
      domain::record_reading(ports_, {wanderer.metric, wanderer.value, std::nullopt});
}

}  // namespace sse::serve
