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

/// Told of what is damaged.
using Report = std::function<void(const std::string&)>;

/// Thread-compatible. All that writes does so in a transaction of the caller's, and is followed by
/// settle() once that is committed, or by undo().
class SSE_EXPORT KeptRows {
 public:
  static Try<KeptRows> open(Database& database, const log::RowLimits& limits);

  /// Reads the rows at `head`, what was saved at `rows_at` and all that came after it; makes them
  /// fit the limits. What is damaged is left out, and told with `report`.
  Try<void> load(wire::Sequence rows_at, wire::Sequence head, const Report& report);

  /// All rows and members up to the head, in order. Members that are not there are told with
  /// `report`.
  Try<std::vector<log::KeptRow>> read_all(const Report& report);

  /// Deletes what is told of sequences after the head: their events are lost.
  Try<void> forget_after(wire::Sequence head);

  /// Writes everything anew, as read_all() has read it: damage is gone with the next commit. The
  /// caller writes rows_at.
  Try<void> write_anew(std::span<const log::KeptRow> kept);

  const RowBook& book() const { return book_; }

  /// What these entries do to rows. Nothing for entries of no row.
  Try<void> write(std::span<const log::Entry> entries);

  /// Writes the rows as they are now; the caller writes rows_at. `is_worth_saving`: whether there
  /// is anything that they differ in.
  bool is_worth_saving() const { return book_.has_unsaved(); }
  Try<void> save();

  /// Goes on with making lists up to `rows_at` smaller, for a few hundred KiB, if there is much
  /// that has given way.
  Try<void> tidy(wire::Sequence rows_at);

  void settle();
  void undo();

 private:
  /// Where making lists smaller has got to.
  struct Tidying {
    bool is_active = false;
    wire::Sequence next = 0;        ///< lists from here on were not looked at
    std::uint64_t bytes_after = 0;  ///< of all lists when the last round ended
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
