#pragma once

/// \file
/// Metrics and readings in memory, within bounds. They are gone when the process ends, like the
/// memory log's events.

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/mutex.h"
#include "sse/domain/store.h"
#include "sse/storage/fullest_first.h"
#include "sse/storage/reading_series.h"
#include "sse/wire/event.h"
#include "sse/wire/event_id.h"

namespace sse::hub {
class Publisher;
}

namespace sse::storage {

/// How an entity is told as an event: given by who knows the form (the API's JSON).
struct EventForms {
  wire::Event (*metric_created)(const domain::Metric&) = nullptr;
  wire::Event (*metric_deleted)(const Uuid& id) = nullptr;
  /// Overwrites an event, whose memory may serve again.
  void (*reading_created)(const domain::Reading&, wire::Event&) = nullptr;
};

/// sse-serve has a flag of the same name for each. A reading takes some 42 bytes.
struct MemoryLimits {
  std::size_t max_metrics = 10'000;
  std::size_t max_readings_per_metric = 10'000;  ///< past it, a metric's oldest arrival goes
  std::size_t max_readings = 2'000'000;          ///< past it, the fullest metric's oldest arrival
};

/// Thread-safe. One lock: held while an event is appended to the log and its row is kept, so that
/// both have one order; never while JSON is made or an answer written.
class SSE_EXPORT MemoryStore final : public domain::MetricStore {
 public:
  MemoryStore(const MemoryLimits& limits, const EventForms& forms, hub::Publisher& publisher);
  ~MemoryStore() override;
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  Result<domain::CreatedMetric> create_metric(const domain::Metric& metric,
                                              domain::WhenNameExists when_exists) override;
  Result<Uuid> delete_metric(const Uuid& id) override;
  Result<Uuid> add_reading(const domain::Reading& reading) override;
  std::vector<Result<Uuid>> add_readings(std::span<const domain::Reading> readings) override;

  domain::Snapshot snapshot() override;
  std::vector<domain::ListedMetric> list_metrics(const domain::Snapshot& at,
                                                 const domain::MetricQuery& query) override;
  Result<domain::Metric> find_metric(const domain::Snapshot& at, const Uuid& id) override;
  Result<std::vector<domain::Reading>> list_readings(const domain::Snapshot& at,
                                                     const Uuid& metric_id,
                                                     const domain::ReadingQuery& query) override;

  /// Metrics kept now.
  std::size_t metric_count() const;
  /// Readings kept now, of all metrics.
  std::size_t reading_count() const;

 private:
  struct Row : Counted {  // count: of the readings
    domain::Metric metric;
    std::uint64_t sequence = 0;
    ReadingSeries readings;
  };

  void keep_reading(Row& row, const domain::Reading& reading, const wire::EventId& event)
      SSE_REQUIRES(mutex_);
  void drop_oldest_reading(Row& row) SSE_REQUIRES(mutex_);
  void add_chunk(std::span<const domain::Reading> readings, std::span<wire::Event> events,
                 std::vector<Result<Uuid>>& results);
  Row* find(const Uuid& id) SSE_REQUIRES(mutex_);

  const MemoryLimits limits_;
  const EventForms forms_;
  hub::Publisher& publisher_;

  mutable Mutex mutex_;
  std::unordered_map<Uuid, std::unique_ptr<Row>> rows_ SSE_GUARDED_BY(mutex_);
  std::map<std::uint64_t, Row*> by_sequence_ SSE_GUARDED_BY(mutex_);
  // The names are those of the rows.
  std::map<std::pair<std::string_view, std::uint64_t>, Row*> by_name_ SSE_GUARDED_BY(mutex_);
  FullestFirst fullest_ SSE_GUARDED_BY(mutex_);
  std::size_t reading_count_ SSE_GUARDED_BY(mutex_) = 0;
};

}  // namespace sse::storage
