#pragma once

/// \file
/// Where the order is made: which id an event gets, whether its conditions hold, and which member
/// of a series gives way.

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "sse/base/export.h"
#include "sse/log/append.h"
#include "sse/log/entry.h"
#include "sse/log/journal.h"
#include "sse/log/row_ledger.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// The end of the order, and the rows there. Used under a journal's lock. Thread-compatible.
class SSE_EXPORT Sequencer {
 public:
  explicit Sequencer(const RowLimits& limits) : ledger_(limits) {}

  /// Goes on after `origin`, with these rows.
  void restart(const Origin& origin, std::span<const KeptRow> rows);
  void restart_counted(const Origin& origin, std::span<const CountedRow> rows);

  /// Judges the pending items of `append` from `from` on, one after the other, and numbers those
  /// whose conditions hold: their outcome is kAppended and their entry is at the end of `entries`.
  /// Ends behind a slice of events or bytes. The index of the next item.
  std::size_t order(Append& append, std::size_t from, std::chrono::milliseconds unix_time,
                    std::vector<Entry>& entries);

  /// The newest id.
  const wire::EventId& head() const { return head_; }
  wire::Epoch epoch() const { return epoch_; }
  const RowLedger& rows() const { return ledger_; }

 private:
  wire::EventId head_;
  wire::Epoch epoch_ = 0;
  RowLedger ledger_;
};

}  // namespace sse::log
