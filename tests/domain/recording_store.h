#pragma once

#include <vector>

#include "sse/domain/store.h"

namespace sse::test {

/// Remembers what it is given; its answers are set by the test. Thread-compatible.
class RecordingStore final : public domain::MetricStore {
 public:
  Result<domain::CreatedMetric> create_metric(const domain::Metric& metric,
                                              domain::WhenNameExists when_exists) override {
    metrics.push_back(metric);
    last_when_exists = when_exists;
    return domain::CreatedMetric{metric, Uuid{1, metrics.size()}};
  }
  Result<Uuid> delete_metric(const Uuid& id) override { return domain::no_such_metric(id); }
  Result<Uuid> add_reading(const domain::Reading& reading) override {
    if (reading.metric_id == unknown) return domain::no_such_metric(unknown);
    readings.push_back(reading);
    return Uuid{2, readings.size()};
  }
  std::vector<Result<Uuid>> add_readings(std::span<const domain::Reading> many) override {
    std::vector<Result<Uuid>> results;
    for (const auto& reading : many) results.push_back(add_reading(reading));
    return results;
  }
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
};

}  // namespace sse::test
