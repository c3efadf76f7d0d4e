#pragma once

/// \file
/// The rows as a follower is told of them.

#include <deque>
#include <map>
#include <span>
#include <string>

#include "sse/base/uuid.h"
#include "sse/log/entry.h"
#include "sse/wire/event_id.h"

namespace sse::test {

/// Rows and their series, compared by all that they hold. Thread-compatible.
class RowModel {
 public:
  /// These rows, as they stand at that place in the order.
  void load(wire::Sequence at, std::span<const log::KeptRow> rows);

  /// What the entry does; nothing where it stands in the rows already.
  void apply(const log::Entry& entry);

  std::size_t size() const { return rows_.size(); }
  std::size_t members() const;
  wire::Sequence at() const { return at_; }

  friend bool operator==(const RowModel& a, const RowModel& b) { return a.rows_ == b.rows_; }

 private:
  struct Row {
    wire::Sequence sequence = 0;
    std::string name;
    std::string bytes;
    std::deque<std::string> members;

    friend bool operator==(const Row&, const Row&) = default;
  };

  void put(const log::RowChange& change, wire::Sequence sequence);

  wire::Sequence at_ = 0;
  std::map<Uuid, Row> rows_;
};

}  // namespace sse::test
