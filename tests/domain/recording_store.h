#pragma once

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
  bool add_readings(domain::ReadingSlots& slots,
                    LaterSlots<domain::ReadingSlots> /*later*/) override {
    for (auto& slot : slots) {
      if (slot.error) continue;
      if (auto kept = keep(slot.reading); kept) {
        slot.event_id = *kept;
      } else {
        slot.error = kept.error();
      }
    }
    return true;
  }
  bool answers_at_once() const override { return true; }
  bool is_current(const domain::Snapshot&) const override { return true; }
  domain::Snapshot snapshot() override { return {}; }
  std::vector<domain::ListedMetric> list_metrics(const domain::Snapshot&,
                                                 const domain::MetricQuery&) override {
    return {};
  }
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
  Result<Uuid> keep(const domain::Reading& reading) {
    if (reading.metric_id == unknown) return domain::no_such_metric(unknown);
    readings.push_back(reading);
    return Uuid{2, readings.size()};
  }
};

}  // namespace sse::test
