#pragma once

/// \file
/// The readings of one metric in memory.

#include <cstdint>
#include <deque>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/later.h"
#include "sse/base/uuid.h"
#include "sse/domain/reading.h"
#include "sse/domain/store.h"

namespace sse::storage {

/// Readings in order of arrival: the oldest arrival goes first. Thread-compatible.
class SSE_EXPORT ReadingSeries {
 public:
  /// `sequence` is that of the reading's event; it grows from arrival to arrival.
  void add(const domain::Reading& reading, std::uint64_t sequence);

  /// Precondition: not empty.
  void drop_oldest();

  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }

  /// Each reading in order of arrival, with its sequence.
  void visit(const Uuid& metric_id,
             FunctionRef<void(const domain::Reading&, std::uint64_t)> visit_one) const {
    for (const Row& row : rows_) {
      visit_one({row.id, metric_id, row.value, row.timestamp}, row.sequence);
    }
  }

  /// What matches `query` of the arrivals up to `max_sequence`, not in order yet when
  /// is_in_time_order() is false, and then not limited either: finish_query() does both. Two steps,
  /// so that a lock is held for the copy only.
  std::vector<domain::Reading> copy_matching(const Uuid& metric_id,
                                             const domain::ReadingQuery& query,
                                             std::uint64_t max_sequence) const;

  /// Whether arrivals are ascending by timestamp, as they mostly are: then a query copies only what
  /// it returns.
  bool is_in_time_order() const { return inversions_ == 0; }

 private:
  struct Row {  // 40 bytes; the metric's id is known from where the row is
    Uuid id;
    double value;
    WallTime timestamp;
    std::uint64_t sequence;
  };
  // A deque gives memory back as rows go and never copies them: 4 % over the rows' own size, where
  // a ring that doubles may take twice of it.
  std::deque<Row> rows_;
  std::size_t inversions_ = 0;  // neighbours whose timestamps descend
};

/// Ascending by timestamp (equal ones in order of arrival), and only the newest `limit` of them.
SSE_EXPORT void finish_query(std::vector<domain::Reading>& readings, std::size_t limit);

}  // namespace sse::storage
