#pragma once

/// \file
/// Metrics and readings in memory: what the events of the log say, as rows that can be read.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/mutex.h"
#include "sse/domain/store.h"
#include "sse/log/append.h"
#include "sse/log/event_log.h"
#include "sse/log/journal.h"
#include "sse/log/log_follower.h"
#include "sse/log/row_ledger.h"
#include "sse/storage/deleted_names.h"
#include "sse/storage/event_forms.h"
#include "sse/storage/reading_series.h"
#include "sse/wire/event.h"

namespace sse::storage {

/// A projection: it asks the journal for each change, which decides, and shows the rows that the
/// journal then tells of. Nothing is decided by this copy. Thread-safe. One lock: held while rows
/// are applied and their events become visible, so that a snapshot has both or neither; never while
/// an event is encoded, JSON is made or a response written.
class SSE_EXPORT MemoryStore final : public domain::MetricStore, public log::Projection {
 public:
  /// `limits` are those that `journal` holds to: for the text of an error.
  MemoryStore(const log::RowLimits& limits, const EventForms& forms, log::Journal& journal,
              log::EventLog& log);
  ~MemoryStore() override;
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  std::optional<Result<domain::CreatedMetric>> create_metric(
      const domain::Metric& metric, domain::WhenNameExists when_exists,
      Later<domain::CreatedMetric> later) override SSE_EXCLUDES(mutex_);
  std::optional<Result<Uuid>> delete_metric(const Uuid& id, Later<Uuid> later) override
      SSE_EXCLUDES(mutex_);
  std::optional<Result<Uuid>> add_reading(const domain::Reading& reading,
                                          Later<Uuid> later) override SSE_EXCLUDES(mutex_);
  std::unique_ptr<domain::ReadingDraft> draft_readings() override;

  domain::Snapshot snapshot() override;
  bool is_current(const domain::Snapshot& at) const override {
    return at.generation == log_.generation();
  }
  std::vector<domain::ListedMetric> list_metrics(const domain::Snapshot& at,
                                                 const domain::MetricQuery& query) override;
  Result<domain::Metric> find_metric(const domain::Snapshot& at, const Uuid& id) override;
  std::optional<std::string> name_of(const Uuid& id) override;
  Result<std::vector<domain::Reading>> list_readings(const domain::Snapshot& at,
                                                     const Uuid& metric_id,
                                                     const domain::ReadingQuery& query) override;

  std::vector<log::KeptRow> rows() override;
  void apply(std::span<const log::Entry> entries, FunctionRef<void()> show) override;
  void replace(std::span<const log::KeptRow> rows, FunctionRef<void()> show) override;

  /// Metrics kept now.
  std::size_t metric_count() const;
  /// Readings kept now, of all metrics.
  std::size_t reading_count() const;

 private:
  struct Row {
    domain::Metric metric;
    std::uint64_t sequence = 0;
    ReadingSeries readings;
  };
  using Rows = std::unordered_map<Uuid, std::unique_ptr<Row>>;

  std::optional<Result<Uuid>> append_one(log::Append& append, const Uuid& metric_id,
                                         Later<Uuid> later) SSE_EXCLUDES(mutex_);
  void apply_one(const log::RowChange& change, std::uint64_t sequence, Rows& gone)
      SSE_REQUIRES(mutex_);
  void put(const log::RowChange& change, std::uint64_t sequence) SSE_REQUIRES(mutex_);
  void erase(const Uuid& key, Rows& gone) SSE_REQUIRES(mutex_);
  Row* find(const Uuid& id) SSE_REQUIRES(mutex_);

  const log::RowLimits limits_;
  const EventForms forms_;
  log::Journal& journal_;
  log::EventLog& log_;

  mutable Mutex mutex_;
  Rows rows_ SSE_GUARDED_BY(mutex_);
  std::map<std::uint64_t, Row*> by_sequence_ SSE_GUARDED_BY(mutex_);
  // The names are those of the rows.
  std::map<std::pair<std::string_view, std::uint64_t>, Row*> by_name_ SSE_GUARDED_BY(mutex_);
  DeletedNames deleted_ SSE_GUARDED_BY(mutex_);
  std::size_t reading_count_ SSE_GUARDED_BY(mutex_) = 0;
  std::uint64_t applied_ SSE_GUARDED_BY(mutex_) = 0;  // the newest sequence that is in the rows
};

}  // namespace sse::storage
