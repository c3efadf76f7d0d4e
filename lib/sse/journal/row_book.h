#pragma once

/// \file
/// The rows as the file has them, without the members of their series: what a member's number is,
/// and what is to be written the next time that rows are saved.

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

/// A row, and how long its series is: the members from `dropped` up to `added`.
struct BookRow {
  wire::Sequence sequence = 0;  ///< that put it
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

  /// A row as it was saved. False when there is one of its key or sequence.
  bool load(BookRow row);

  /// Makes a change that was judged, and what gives way by it; what it is in a list of changes.
  StoredChange apply(const log::RowChange& change, const std::optional<Uuid>& drop,
                     wire::Sequence sequence);
  /// The row's oldest member gives way.
  void drop_oldest(const Uuid& key);

  /// All series are empty, and their members numbered from 0 again.
  void empty_series();

  /// Takes back what was applied since the last settle().
  void undo();
  /// What was applied stays.
  void settle();

  const BookRow* find(const Uuid& key) const;
  const BookRow* find(wire::Sequence sequence) const;
  /// Whether it is a member that has not given way, of a row that is still there.
  bool is_alive(const StoredChange& change) const;
  std::size_t size() const { return rows_.size(); }
  /// All of them, by sequence.
  std::vector<const BookRow*> in_order() const;
  std::vector<log::CountedRow> counted() const;

  // To save them.

  bool has_unsaved() const { return !dirty_.empty() || !erased_.empty(); }
  /// Those that differ from what was saved.
  std::vector<const BookRow*> unsaved() const;
  /// Sequences of rows that were saved and are gone.
  const std::vector<wire::Sequence>& erased() const { return erased_; }
  /// All of them are saved as they are.
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
