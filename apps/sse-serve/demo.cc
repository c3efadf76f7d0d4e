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
struct DemoSubject {
  const char* name;
  const char* unit;
  double low;
  double high;
};

namespace {

constexpr std::array kSubjects{
    DemoSubject{"demo.cpu.percent", "percent", 0, 100},
    DemoSubject{"demo.memory.gib", "GiB", 2, 16},
    DemoSubject{"demo.requests.per_second", "req/s", 0, 900},
    DemoSubject{"demo.temperature.celsius", "celsius", 35, 85},
    DemoSubject{"demo.queue.length", "", 0, 40},
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
  loop_.post([this] {
    for (const DemoSubject& subject : kSubjects) create(subject);
  });
}

void Demo::create(const DemoSubject& subject) {
  using Created = Result<domain::CreatedMetric>;
  const auto later = [&]() -> Done<domain::CreatedMetric> {
    return [this, &subject](Created created) {
      loop_.post([this, &subject, created = std::move(created)] { add(subject, created); });
    };
  };
  const domain::NewMetric wanted{subject.name, interval_ * static_cast<int>(kSubjects.size()),
                                 domain::WhenNameExists::kReturnExisting, subject.unit};
  if (const auto known = domain::create_metric(ports_, wanted, later)) add(subject, *known);
}

void Demo::add(const DemoSubject& subject, const Result<domain::CreatedMetric>& created) {
  if (!created) return log_line(LogLevel::kWarning, "demo: " + created.error().text);
  const double middle = (subject.low + subject.high) / 2;
  wanderers_.push_back({created->metric.id, subject.low, subject.high, middle});
  if (wanderers_.size() > 1) return;
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
  // Refused while the hub drains, and not found once the metric is deleted: both are fine.
  const auto ignore = [](const Result<domain::RecordedReading>& /*outcome*/) {};
  domain::record_reading(ports_, {wanderer.metric, wanderer.value, std::nullopt},
                         [&]() -> Done<domain::RecordedReading> { return ignore; });
}

}  // namespace sse::serve
