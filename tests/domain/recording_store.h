#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "sse/domain/store.h"

namespace sse::test {

/// Remembers what it is given; its answers are set by the test. Thread-compatible.
class RecordingStore final : public domain::MetricStore {
 public:
  std::optional<Result<domain::CreatedMetric>> create_metric(
      const domain::Metric& metric, domain::WhenNameExists when_exists,
      Later<domain::CreatedMetric> /*later*/) override {
    metrics.push_back(metric);
    last_when_exists = when_exists;
    return domain::CreatedMetric{metric, Uuid{1, metrics.size()}};
  }
  std::optional<Result<Uuid>> delete_metric(const Uuid& id, Later<Uuid> /*later*/) override {
    return domain::no_such_metric(id);
  }
  std::optional<Result<Uuid>> add_reading(const domain::Reading& reading,
                                          Later<Uuid> /*later*/) override {
    return keep(reading);
  }
  std::unique_ptr<domain::ReadingDraft> draft_readings() override {
    return std::make_unique<Readings>(*this);
  }
  bool is_current(const domain::Snapshot&) const override { return true; }
  domain::Snapshot snapshot() override { return {}; }
  std::vector<domain::ListedMetric> list_metrics(const domain::Snapshot&,
                                                 const domain::MetricQuery&) override {
    return {};
  }
  std::optional<std::string> name_of(const Uuid& /*id*/) override { return std::nullopt; }
  Result<domain::Metric> find_metric(const domain::Snapshot&, const Uuid& id) override {
    return domain::no_such_metric(id);
  }
  Result<std::vector<domain::Reading>> list_readings(const domain::Snapshot&, const Uuid& id,
                                                     const domain::ReadingQuery&) override {
    return domain::no_such_metric(id);
  }

  std::vector<domain::Metric> metrics;
  std::vector<domain::Reading> readings;
  domain::WhenNameExists last_when_exists = domain::WhenNameExists::kCreateAnother;
  Uuid unknown{9, 9};

 private:
  class Readings final : public domain::ReadingDraft {
   public:
    explicit Readings(RecordingStore& store) : store_(store) {}
    Status add(const domain::Reading& reading, std::size_t slot) override {
      added_.emplace_back(slot, reading);
      return {};
    }
    void reserve(std::size_t /*items*/) override {}
    std::size_t size() const override { return added_.size(); }
    bool is_slice() const override { return false; }
    bool answers_at_once() const override { return true; }
    Result<Answered> publish(TakeOutcome take, LaterOutcomes /*later*/) override {
      for (const auto& [slot, reading] : std::exchange(added_, {})) {
        const auto kept = store_.keep(reading);
        kept ? take(slot, reading.id) : take(slot, kept.error());
      }
      return Answered::kNow;
    }

   private:
    RecordingStore& store_;
    std::vector<std::pair<std::size_t, domain::Reading>> added_;
  };

  Result<Uuid> keep(const domain::Reading& reading) {
    if (reading.metric_id == unknown) return domain::no_such_metric(unknown);
    readings.push_back(reading);
    return Uuid{2, readings.size()};
  }
};

}  // namespace sse::test
