#pragma once

/// \file
/// The rows of the file in memory, without the members of their series: it numbers members, and
/// knows which rows the next save has to write.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/uuid.h"
#include "sse/journal/change_list.h"
#include "sse/log/entry.h"
#include "sse/log/row_ledger.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// A row. Its series has the members numbered from `dropped` to `added` - 1.
struct BookRow {
  wire::Sequence sequence = 0;  ///< of the event that put it
  Uuid key;
  std::string name;
  std::string bytes;
  std::uint64_t added = 0;
  std::uint64_t dropped = 0;
  bool is_saved = false;
  bool is_dirty = false;
};

/// Thread-compatible.
class SSE_EXPORT RowBook {
 public:
  void clear();

  /// Adds a row that was saved. False: there is one with its key or sequence.
  bool load(BookRow row);

  /// Applies a change whose conditions hold, and drops the oldest member of the row `drop`. Returns
  /// the change as a list of changes has it.
  StoredChange apply(const log::RowChange& change, const std::optional<Uuid>& drop,
                     wire::Sequence sequence);
  /// Drops the row's oldest member.
  void drop_oldest(const Uuid& key);

  /// Empties all series, and numbers their members from 0 again.
  void empty_series();

  /// Takes back what was applied since the last settle().
  void undo();
  /// Keeps what was applied.
  void settle();

  const BookRow* find(const Uuid& key) const;
  const BookRow* find(wire::Sequence sequence) const;
  /// Whether the change added a member that has not been dropped, to a row that is still there.
  bool is_alive(const StoredChange& change) const;
  std::size_t size() const { return rows_.size(); }
  /// All rows, by sequence.
  std::vector<const BookRow*> in_order() const;
  std::vector<log::CountedRow> counted() const;

  // Saving.

  bool has_unsaved() const { return !dirty_.empty() || !erased_.empty(); }
  /// Rows that differ from what was saved.
  std::vector<const BookRow*> unsaved() const;
  /// Sequences of rows that were saved and have been erased.
  const std::vector<wire::Sequence>& erased() const { return erased_; }
  /// All rows are saved as they are.
  void mark_saved();

 private:
  struct Step {
    enum class Kind : std::uint8_t { kPut, kErase, kAdd, kDrop };
    Kind kind;
    Uuid key;
    std::unique_ptr<BookRow> erased;
    bool was_saved = false;
  };

  BookRow& at(const Uuid& key) { return *rows_.at(key); }
  void mark_dirty(BookRow& row);
  void put(const log::RowChange& change, wire::Sequence sequence);
  void erase(const Uuid& key);
  void take_back(Step& step);

  std::unordered_map<Uuid, std::unique_ptr<BookRow>> rows_;
  std::map<wire::Sequence, BookRow*> by_sequence_;
  std::vector<Uuid> dirty_;
  std::vector<wire::Sequence> erased_;
  std::vector<Step> steps_;
};

}  // namespace sse::journal
