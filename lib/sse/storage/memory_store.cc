#include "sse/storage/memory_store.h"

#include <algorithm>
#include <utility>

#include "sse/storage/reading_append.h"
#include "sse/storage/row_bytes.h"

namespace sse::storage {
namespace {

using log::Condition;
using log::Outcome;
using RowKind = log::RowChange::Kind;

Error no_room(std::size_t limit) {
  return {ErrorCode::kFull, "the hub holds " + std::to_string(limit) +
                                " metrics, its limit (--max-metrics); delete one first"};
}

/// What became of a change of a metric that must exist.
Result<Uuid> result_of(const Outcome& outcome, const Uuid& metric_id) {
  if (outcome.kind == Outcome::Kind::kAppended) return outcome.id.uuid();
  if (outcome.kind == Outcome::Kind::kNoSuchRow) return domain::no_such_metric(metric_id);
  return outcome.error();
}

Result<domain::CreatedMetric> created_of(const Outcome& outcome, const domain::Metric& metric,
                                         const log::RowLimits& limits) {
  if (outcome.kind == Outcome::Kind::kAppended) {
    return domain::CreatedMetric{metric, outcome.id.uuid()};
  }
  if (outcome.kind == Outcome::Kind::kNameTaken) {
    return domain::CreatedMetric{read_metric(outcome.row, metric.name, outcome.text), std::nullopt};
  }
  if (outcome.kind == Outcome::Kind::kNoRoom) return no_room(limits.rows);
  return outcome.error();
}

}  // namespace

MemoryStore::MemoryStore(const log::RowLimits& limits, const EventForms& forms,
                         log::Journal& journal, log::EventLog& log)
    : limits_(limits), forms_(forms), journal_(journal), log_(log) {
}

MemoryStore::~MemoryStore() = default;

// ---- changes: asked of the journal

std::optional<Result<domain::CreatedMetric>> MemoryStore::create_metric(
    const domain::Metric& metric, domain::WhenNameExists when_exists,
    Later<domain::CreatedMetric> later) {
  const bool is_conditional = when_exists == domain::WhenNameExists::kReturnExisting;
  log::Append append(log_.limits());
  append.add(forms_.metric_created(metric),
             {RowKind::kPut, metric.id, metric.name, metric_bytes(metric)},
             is_conditional ? Condition::kNameIsFree : Condition::kNone);
  const auto defer = [&]() -> log::Journal::Done {
    return [done = later(), metric, limits = limits_](log::Append&& known) {
      done(created_of(known.items().front().outcome, metric, limits));
    };
  };
  append.set_peer(later.peer());
  if (later.repeat() != nullptr) {
    append.keep_repeat(
        [text = *later.repeat(), metric, limits = limits_](const log::Append& known) {
          return text(created_of(known.items().front().outcome, metric, limits));
        });
  }
  if (journal_.append(append, defer) == log::Answered::kLater) return std::nullopt;
  return created_of(append.items().front().outcome, metric, limits_);
}

std::optional<Result<Uuid>> MemoryStore::delete_metric(const Uuid& id, Later<Uuid> later) {
  log::Append append(log_.limits());
  append.add(forms_.metric_deleted(id), {RowKind::kErase, id, {}, {}}, Condition::kRowExists);
  return append_one(append, id, later);
}

std::optional<Result<Uuid>> MemoryStore::add_reading(const domain::Reading& reading,
                                                     Later<Uuid> later) {
  log::Append append(log_.limits());
  wire::Event event;
  forms_.reading_created(reading, event);
  const auto bytes = reading_bytes(reading);
  append.add(event, {RowKind::kAdd, reading.metric_id, {}, {bytes.data(), bytes.size()}},
             Condition::kRowExists);
  return append_one(append, reading.metric_id, later);
}

std::optional<Result<Uuid>> MemoryStore::append_one(log::Append& append, const Uuid& metric_id,
                                                    Later<Uuid> later) {
  const auto defer = [&]() -> log::Journal::Done {
    return [done = later(), metric_id](log::Append&& known) {
      done(result_of(known.items().front().outcome, metric_id));
    };
  };
  append.set_peer(later.peer());
  if (later.repeat() != nullptr) {
    append.keep_repeat([text = *later.repeat(), metric_id](const log::Append& known) {
      return text(result_of(known.items().front().outcome, metric_id));
    });
  }
  if (journal_.append(append, defer) == log::Answered::kLater) return std::nullopt;
  return result_of(append.items().front().outcome, metric_id);
}

std::unique_ptr<domain::ReadingDraft> MemoryStore::draft_readings() {
  return std::make_unique<ReadingAppend>(journal_, log_.limits(), forms_);
}

// ---- rows: told by the journal

void MemoryStore::apply(std::span<const log::Entry> entries, FunctionRef<void()> show) {
  Rows gone;  // freed after the lock: a metric may hold ten thousand readings
  const MutexLock lock(mutex_);
  for (const log::Entry& entry : entries) {
    if (entry.id.sequence() <= applied_) continue;
    applied_ = entry.id.sequence();
    apply_one(entry.row, applied_, gone);
    if (!entry.drop) continue;
    Row* fullest = find(*entry.drop);
    if (fullest == nullptr || fullest->readings.empty()) continue;
    fullest->readings.drop_oldest();
    --reading_count_;
  }
  show();
}

void MemoryStore::replace(std::span<const log::KeptRow> rows, FunctionRef<void()> show) {
  Rows gone;
  const MutexLock lock(mutex_);
  by_name_.clear();
  by_sequence_.clear();
  rows_.swap(gone);
  reading_count_ = 0;
  applied_ = 0;
  for (const log::KeptRow& row : rows) {
    apply_one(row.change(), row.sequence, gone);
    applied_ = std::max(applied_, row.sequence);
  }
  show();
}

void MemoryStore::apply_one(const log::RowChange& change, std::uint64_t sequence, Rows& gone) {
  switch (change.kind) {
    case RowKind::kNone:
      return;
    case RowKind::kPut:
      return put(change, sequence);
    case RowKind::kErase:
      return erase(change.key, gone);
    case RowKind::kAdd:
      Row* row = find(change.key);
      if (row == nullptr) return;
      row->readings.add(read_reading(change.key, change.bytes), sequence);
      ++reading_count_;
      return;
  }
}

void MemoryStore::put(const log::RowChange& change, std::uint64_t sequence) {
  auto& row = rows_[change.key];
  if (row != nullptr) return;
  row = std::make_unique<Row>();
  row->metric = read_metric(change.key, change.name, change.bytes);
  row->sequence = sequence;
  by_sequence_.emplace(sequence, row.get());
  by_name_.emplace(std::pair<std::string_view, std::uint64_t>(row->metric.name, sequence),
                   row.get());
}

void MemoryStore::erase(const Uuid& key, Rows& gone) {
  auto node = rows_.extract(key);
  if (node.empty()) return;
  const Row& row = *node.mapped();
  by_sequence_.erase(row.sequence);
  by_name_.erase({row.metric.name, row.sequence});
  reading_count_ -= row.readings.size();
  deleted_.add(key, row.metric.name);
  gone.insert(std::move(node));
}

domain::Snapshot MemoryStore::snapshot() {
  // Under the lock: an event that is visible has its row then, and a row its event.
  const MutexLock lock(mutex_);
  const log::View view = log_.view();
  return {view.head_id().uuid(), view.head(), view.generation()};
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

std::optional<std::string> MemoryStore::name_of(const Uuid& id) {
  const MutexLock lock(mutex_);
  const Row* row = find(id);
  return row == nullptr ? deleted_.find(id) : row->metric.name;
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

std::vector<log::KeptRow> MemoryStore::rows() {
  std::vector<log::KeptRow> rows;
  const MutexLock lock(mutex_);
  rows.reserve(rows_.size() + reading_count_);
  for (const auto& [sequence, row] : by_sequence_) {
    const auto& metric = row->metric;
    rows.push_back({sequence, RowKind::kPut, metric.id, metric.name, metric_bytes(metric)});
    row->readings.visit(metric.id, [&](const domain::Reading& reading, std::uint64_t arrival) {
      const auto bytes = reading_bytes(reading);
      rows.push_back({arrival, RowKind::kAdd, metric.id, {}, {bytes.data(), bytes.size()}});
    });
  }
  return rows;
}

MemoryStore::Row* MemoryStore::find(const Uuid& id) {
  const auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : found->second.get();
}

}  // namespace sse::storage
