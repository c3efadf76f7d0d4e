#pragma once

/// \file
/// The tables `rows` and `changes`: rows of the domain, as schema.h describes.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sse/base/export.h"
#include "sse/journal/change_list.h"
#include "sse/journal/database.h"
#include "sse/journal/row_book.h"
#include "sse/log/entry.h"
#include "sse/log/row_ledger.h"

namespace sse::journal {

/// Gets each damage, as a text.
using Report = std::function<void(const std::string&)>;

/// Thread-compatible. The caller makes the transaction around each write, and calls settle() once
/// it is committed, else undo().
class SSE_EXPORT KeptRows {
 public:
  static Try<KeptRows> open(Database& database, const log::RowLimits& limits);

  /// Reads the rows as they are at `head`: those saved at `rows_at`, and the changes since then.
  /// Makes them fit the limits. Leaves out what is damaged, and reports it.
  Try<void> load(wire::Sequence rows_at, wire::Sequence head, const Report& report);

  /// All rows and members up to the head, in order. Reports how many members are missing.
  Try<std::vector<log::KeptRow>> read_all(const Report& report);

  /// Deletes what belongs to sequences after the head: their events are lost.
  Try<void> forget_after(wire::Sequence head);

  /// Replaces both tables with what read_all() has read, so that no damage is left. The caller
  /// writes rows_at.
  Try<void> write_anew(std::span<const log::KeptRow> kept);

  const RowBook& book() const { return book_; }

  /// Writes what these entries do to rows, if anything.
  Try<void> write(std::span<const log::Entry> entries);

  /// Whether save() would write anything.
  bool is_worth_saving() const { return book_.has_unsaved(); }
  /// Writes the rows as they are now. The caller writes rows_at.
  Try<void> save();

  /// Rewrites a few hundred KiB of the lists up to `rows_at` without their dead members, when many
  /// are dead. Each call goes on where the one before ended.
  Try<void> tidy(wire::Sequence rows_at);

  void settle();
  void undo();

 private:
  /// How far tidy() has come.
  struct Tidying {
    bool is_active = false;
    wire::Sequence next = 0;        ///< the first list of the next call
    std::uint64_t bytes_after = 0;  ///< of all lists, at the end of the last round
  };

  struct List {
    wire::Sequence first = 0;
    std::string bytes;
  };

  KeptRows(Database& database, const log::RowLimits& limits)
      : database_(&database), limits_(limits) {}
  Try<void> prepare();
  Try<void> load_saved(wire::Sequence head, const Report& report);
  Try<void> redo(wire::Sequence after, wire::Sequence head, const Report& report);
  void redo_one(const StoredChange& stored, log::RowLedger& ledger);
  Try<void> cut_lists(wire::Sequence head);
  Try<void> write_list(ChangeListWriter& writer);
  Try<std::vector<List>> next_lists(wire::Sequence rows_at);
  Try<void> tidy_one(wire::Sequence first, const std::string& list, ChangeListWriter& members);

  Database* database_;
  log::RowLimits limits_;
  RowBook book_;
  wire::Sequence head_ = 0;  // that load() was told
  bool has_saved_ = false;   // in this transaction
  std::uint64_t list_bytes_ = 0;
  std::uint64_t settled_list_bytes_ = 0;
  Tidying tidying_;
  Tidying settled_tidying_;

  Statement insert_list_;
  Statement delete_list_;
  Statement insert_row_;
  Statement delete_row_;
  Statement next_lists_;
};

}  // namespace sse::journal
