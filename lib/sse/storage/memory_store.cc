#include "sse/storage/memory_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sse/hub/publisher.h"

namespace sse::storage {
namespace {

// Readings of one lock hold: a single reading of somebody else waits some tens of microseconds.
constexpr std::size_t kChunk = 256;

Error no_room(std::size_t limit) {
  return {ErrorCode::kFull, "the hub holds " + std::to_string(limit) +
                                " metrics, its limit (--max-metrics); delete one first"};
}

}  // namespace

MemoryStore::MemoryStore(const MemoryLimits& limits, const EventForms& forms,
                         hub::Publisher& publisher)
    : limits_(limits), forms_(forms), publisher_(publisher) {
}

MemoryStore::~MemoryStore() = default;

Result<domain::CreatedMetric> MemoryStore::create_metric(const domain::Metric& metric,
                                                         domain::WhenNameExists when_exists) {
  const wire::Event event = forms_.metric_created(metric);
  auto row = std::make_unique<Row>();
  row->metric = metric;

  const MutexLock lock(mutex_);
  if (when_exists == domain::WhenNameExists::kReturnExisting) {
    const auto same = by_name_.lower_bound({metric.name, 0});
    if (same != by_name_.end() && same->first.first == metric.name) {
      return domain::CreatedMetric{same->second->metric, std::nullopt};
    }
  }
  if (rows_.size() >= limits_.max_metrics) return no_room(limits_.max_metrics);
  const wire::EventId id = SSE_TRY(publisher_.publish(event));
  row->sequence = id.sequence();
  by_sequence_.emplace(row->sequence, row.get());
  by_name_.emplace(std::pair<std::string_view, std::uint64_t>(row->metric.name, row->sequence),
                   row.get());
  rows_.emplace(metric.id, std::move(row));
  return domain::CreatedMetric{metric, id.uuid()};
}

Result<Uuid> MemoryStore::delete_metric(const Uuid& id) {
  const wire::Event event = forms_.metric_deleted(id);
  std::unique_ptr<Row> gone;  // freed after the lock: it may hold ten thousand readings

  const MutexLock lock(mutex_);
  const auto found = rows_.find(id);
  if (found == rows_.end()) return domain::no_such_metric(id);
  const wire::EventId event_id = SSE_TRY(publisher_.publish(event));
  gone = std::move(found->second);
  rows_.erase(found);
  by_sequence_.erase(gone->sequence);
  by_name_.erase({gone->metric.name, gone->sequence});
  reading_count_ -= gone->count;
  fullest_.remove(*gone);
  return event_id.uuid();
}

Result<Uuid> MemoryStore::add_reading(const domain::Reading& reading) {
  wire::Event event;
  forms_.reading_created(reading, event);

  const MutexLock lock(mutex_);
  Row* row = find(reading.metric_id);
  if (row == nullptr) return domain::no_such_metric(reading.metric_id);
  const wire::EventId id = SSE_TRY(publisher_.publish(event));
  keep_reading(*row, reading, id);
  return id.uuid();
}

std::vector<Result<Uuid>> MemoryStore::add_readings(std::span<const domain::Reading> readings) {
  std::vector<Result<Uuid>> results;
  results.reserve(readings.size());
  std::vector<wire::Event> events(std::min(readings.size(), kChunk));  // the same for all chunks
  while (!readings.empty()) {
    const std::size_t size = std::min(readings.size(), kChunk);
    add_chunk(readings.first(size), std::span(events).first(size), results);
    readings = readings.subspan(size);
  }
  return results;
}

void MemoryStore::add_chunk(std::span<const domain::Reading> readings,
                            std::span<wire::Event> events, std::vector<Result<Uuid>>& results) {
  for (std::size_t i = 0; i < readings.size(); ++i) forms_.reading_created(readings[i], events[i]);
  std::array<Row*, kChunk> rows{};

  const MutexLock lock(mutex_);
  // Events of unknown metrics are taken out, so that what is published is one span.
  std::size_t known = 0;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    rows[i] = find(readings[i].metric_id);
    if (rows[i] == nullptr) continue;
    if (known != i) std::swap(events[known], events[i]);
    ++known;
  }
  const auto ids = publisher_.publish_batch(events.first(known));
  auto id = ids.begin();
  for (std::size_t i = 0; i < readings.size(); ++i) {
    if (rows[i] == nullptr) {
      results.emplace_back(domain::no_such_metric(readings[i].metric_id));
      continue;
    }
    if (*id) {
      keep_reading(*rows[i], readings[i], **id);
      results.emplace_back((*id)->uuid());
    } else {
      results.emplace_back(id->error());
    }
    ++id;
  }
}

void MemoryStore::keep_reading(Row& row, const domain::Reading& reading,
                               const wire::EventId& event) {
  row.readings.add(reading, event.sequence());
  fullest_.increase(row);
  ++reading_count_;
  if (row.count > limits_.max_readings_per_metric) drop_oldest_reading(row);
  // Every row of the list is a Row.
  if (reading_count_ > limits_.max_readings) {
    drop_oldest_reading(static_cast<Row&>(*fullest_.fullest()));
  }
}

void MemoryStore::drop_oldest_reading(Row& row) {
  row.readings.drop_oldest();
  fullest_.decrease(row);
  --reading_count_;
}

domain::Snapshot MemoryStore::snapshot() {
  // Under the lock: an event that the store has appended and whose row it has not kept yet must not
  // be below the cursor.
  const MutexLock lock(mutex_);
  const wire::EventId head = publisher_.log().view().head_id();
  return {head.uuid(), head.sequence()};
}

std::vector<domain::ListedMetric> MemoryStore::list_metrics(const domain::Snapshot& at,
                                                            const domain::MetricQuery& query) {
  std::vector<domain::ListedMetric> page;
  const auto full = [&] { return page.size() >= query.limit; };
  const auto add = [&](const Row& row) { page.push_back({row.metric, row.sequence}); };

  const MutexLock lock(mutex_);
  if (query.name) {
    for (auto it = by_name_.lower_bound({*query.name, query.after + 1});
         it != by_name_.end() && it->first.first == *query.name &&
         it->first.second <= at.sequence && !full();
         ++it) {
      add(*it->second);
    }
    return page;
  }
  for (auto it = by_sequence_.upper_bound(query.after);
       it != by_sequence_.end() && it->first <= at.sequence && !full(); ++it) {
    add(*it->second);
  }
  return page;
}

Result<domain::Metric> MemoryStore::find_metric(const domain::Snapshot& at, const Uuid& id) {
  const MutexLock lock(mutex_);
  const Row* row = find(id);
  if (row == nullptr || row->sequence > at.sequence) return domain::no_such_metric(id);
  return row->metric;
}

Result<std::vector<domain::Reading>> MemoryStore::list_readings(const domain::Snapshot& at,
                                                                const Uuid& metric_id,
                                                                const domain::ReadingQuery& query) {
  std::vector<domain::Reading> found;
  {
    const MutexLock lock(mutex_);
    const Row* row = find(metric_id);
    if (row == nullptr || row->sequence > at.sequence) return domain::no_such_metric(metric_id);
    found = row->readings.copy_matching(metric_id, query, at.sequence);
  }
  finish_query(found, query.limit);
  return found;
}

std::size_t MemoryStore::metric_count() const {
  const MutexLock lock(mutex_);
  return rows_.size();
}

std::size_t MemoryStore::reading_count() const {
  const MutexLock lock(mutex_);
  return reading_count_;
}

MemoryStore::Row* MemoryStore::find(const Uuid& id) {
  const auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : found->second.get();
}

}  // namespace sse::storage
