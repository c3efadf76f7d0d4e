#pragma once

/// \file
/// The rows as the order sees them: which exist, what they are called, and how long their series
/// are.

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sse/base/export.h"
#include "sse/base/uuid.h"
#include "sse/log/append.h"
#include "sse/log/entry.h"
#include "sse/log/fullest_first.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// Bounds of the rows: past one of the last two the oldest member of a series gives way.
struct RowLimits {
  std::size_t rows = 10'000;
  std::size_t per_series = 10'000;     ///< past it: of the same series
  std::size_t all_series = 2'000'000;  ///< past it: of the longest series
};

/// A row whose series is only counted. The views belong to the caller.
struct CountedRow {
  wire::Sequence sequence = 0;
  Uuid key;
  std::string_view name;
  std::string_view bytes;
  std::size_t members = 0;
};

/// Judges conditions, and decides what gives way: of series of equal length the one whose row is
/// the oldest. That follows from the order alone, so that every copy of it decides the same.
/// Thread-compatible.
class SSE_EXPORT RowLedger {
 public:
  explicit RowLedger(const RowLimits& limits) : limits_(limits) {}

  /// Forgets everything, then takes these, which are in order. Nothing gives way.
  void load(std::span<const KeptRow> rows);
  void load_counted(std::span<const CountedRow> rows);

  /// Whether `condition` holds and there is room; else `outcome` says what does not.
  bool judge(const RowChange& change, Condition condition, Outcome& outcome) const;

  /// Makes the change, which was judged, at `sequence`. The row whose series loses its oldest
  /// member by it, if one does.
  std::optional<Uuid> apply(const RowChange& change, wire::Sequence sequence);

  /// The row whose series loses its oldest member because there are more than the limits allow: to
  /// be asked until there is none, after a load with lower limits.
  std::optional<Uuid> shrink();

  std::size_t rows() const { return rows_.size(); }
  std::size_t members() const { return members_; }

 private:
  struct Row : Counted {
    Uuid key;
    std::string name;
    std::string bytes;
  };
  using ByName = std::map<std::pair<std::string_view, wire::Sequence>, const Row*>;

  void clear();
  const Row* find_name(std::string_view name) const;
  Row& put(const RowChange& change, wire::Sequence sequence);
  void erase(const Uuid& key);

  const RowLimits limits_;
  std::unordered_map<Uuid, std::unique_ptr<Row>> rows_;
  ByName by_name_;  // the names are those of the rows
  FullestFirst fullest_;
  std::size_t members_ = 0;
};

}  // namespace sse::log
