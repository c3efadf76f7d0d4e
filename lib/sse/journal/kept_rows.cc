#include "sse/journal/kept_rows.h"

#include <optional>
#include <string>
#include <utility>

#include "sse/base/crc32.h"
#include "sse/base/little_endian.h"

namespace sse::journal {
namespace {

using Kind = log::RowChange::Kind;

// A list is cut here, and lists below a part of it are worth making one of.
constexpr std::size_t kListBytes = std::size_t{128} << 10U;
constexpr std::size_t kSmallList = kListBytes / 4;

// Lists are looked through once they are twice what the last look left, and this much more.
constexpr std::uint64_t kTidySlack = std::uint64_t{4} << 20U;
constexpr std::size_t kTidyBytes = std::size_t{256} << 10U;  // at one time
constexpr std::size_t kTidyLists = 512;                      // the same

std::string bytes_of(const Uuid& key) {
  std::string bytes;
  append_number(bytes, key.high, 8);
  append_number(bytes, key.low, 8);
  return bytes;
}

std::uint32_t checksum_of(const BookRow& row) {
  std::string bytes = bytes_of(row.key);
  append_number(bytes, row.sequence, 8);
  append_number(bytes, row.added, 8);
  append_number(bytes, row.dropped, 8);
  append_number(bytes, row.name.size(), 8);
  return crc32c(bytes.append(row.name).append(row.bytes));
}

/// A row of the table as `SELECT sequence, key, added, dropped, crc, name, bytes` has it; nullopt
/// when it is not what was written.
std::optional<BookRow> row_of(const Statement& statement) {
  const std::string_view key = statement.blob(1);
  if (key.size() != 16) return std::nullopt;
  BookRow row;
  row.sequence = static_cast<wire::Sequence>(statement.number(0));
  row.key = {number_of(key, 8), number_of(key.substr(8), 8)};
  row.added = static_cast<std::uint64_t>(statement.number(2));
  row.dropped = static_cast<std::uint64_t>(statement.number(3));
  row.name = statement.blob(5);
  row.bytes = statement.blob(6);
  if (checksum_of(row) != statement.number(4)) return std::nullopt;
  return row;
}

log::KeptRow kept_put(const BookRow& row) {
  return {row.sequence, Kind::kPut, row.key, row.name, row.bytes};
}

}  // namespace

Try<KeptRows> KeptRows::open(Database& database, const log::RowLimits& limits) {
  KeptRows kept(database, limits);
  SSE_TRY(kept.prepare());
  return kept;
}

Try<void> KeptRows::prepare() {
  insert_list_ = SSE_TRY(
      database_->prepare("INSERT INTO changes(first, last, members, list) VALUES(?, ?, ?, ?)"));
  delete_list_ = SSE_TRY(database_->prepare("DELETE FROM changes WHERE first = ?"));
  insert_row_ = SSE_TRY(
      database_->prepare("INSERT OR REPLACE INTO rows(sequence, key, added, dropped, crc, name, "
                         "bytes) VALUES(?, ?, ?, ?, ?, ?, ?)"));
  delete_row_ = SSE_TRY(database_->prepare("DELETE FROM rows WHERE sequence = ?"));
  next_lists_ =
      SSE_TRY(database_->prepare("SELECT first, last, list FROM changes WHERE first >= ? AND last "
                                 "<= ? ORDER BY first LIMIT ?"));
  return {};
}

// ---- reading back

Try<void> KeptRows::load(wire::Sequence rows_at, wire::Sequence head, const Report& report) {
  head_ = head;
  book_.clear();
  list_bytes_ = static_cast<std::uint64_t>(
      SSE_TRY(database_->number("SELECT total(length(list)) FROM changes")));
  SSE_TRY(load_saved(head, report));
  SSE_TRY(redo(rows_at, head, report));
  settle();
  return {};
}

Try<void> KeptRows::load_saved(wire::Sequence head, const Report& report) {
  Statement select = SSE_TRY(database_->prepare(
      "SELECT sequence, key, added, dropped, crc, name, bytes FROM rows ORDER BY sequence"));
  while (SSE_TRY(select.step())) {
    auto row = row_of(select);
    if (row && row->sequence > head) continue;  // its event is lost
    if (row && book_.load(*std::move(row))) continue;
    report("the row of sequence " + std::to_string(select.number(0)) + " is damaged");
  }
  return {};
}

// The ledger decides again what gives way, as it did when the changes were made.
Try<void> KeptRows::redo(wire::Sequence after, wire::Sequence head, const Report& report) {
  log::RowLedger ledger(limits_);
  ledger.load_counted(book_.counted());
  Statement select =
      SSE_TRY(database_->prepare("SELECT first, list FROM changes WHERE last > ? ORDER BY first"));
  select.query(after);
  while (SSE_TRY(select.step())) {
    auto list = ChangeListReader::open(select.blob(1));
    StoredChange change;
    while (list) {
      const auto has_next = list->next(change);
      if (!has_next) list = has_next.error();
      if (!has_next || !*has_next) break;
      if (change.sequence > after && change.sequence <= head) redo_one(change, ledger);
    }
    if (!list) {
      report("rows from sequence " + std::to_string(select.number(0)) +
             " on: " + list.error().text);
    }
  }
  while (const auto key = ledger.shrink()) book_.drop_oldest(*key);
  return {};
}

void KeptRows::redo_one(const StoredChange& stored, log::RowLedger& ledger) {
  log::RowChange change{stored.kind, stored.key, stored.name, stored.bytes};
  if (stored.kind != Kind::kPut) {
    const BookRow* row = book_.find(stored.row);
    if (row == nullptr) return;  // what put it is damaged
    change.key = row->key;
    if (stored.kind == Kind::kAdd && stored.member < row->added) return;
    // What stands in a damaged list has been added all the same, and others gave way for it.
    while (stored.kind == Kind::kAdd && row->added < stored.member) {
      const auto drop = ledger.apply(change, stored.sequence);
      book_.apply(change, drop, stored.sequence);
    }
  } else if (book_.find(stored.key) != nullptr) {
    return;
  }
  const auto drop = ledger.apply(change, stored.sequence);
  book_.apply(change, drop, stored.sequence);
}

Try<std::vector<log::KeptRow>> KeptRows::read_all(const Report& report) {
  std::vector<log::KeptRow> kept;
  const auto rows = book_.in_order();
  std::int64_t missing = 0;
  for (const BookRow* row : rows) missing += static_cast<std::int64_t>(row->added - row->dropped);
  auto next_row = rows.begin();
  const auto put_rows_before = [&](wire::Sequence sequence) {
    for (; next_row != rows.end() && (*next_row)->sequence < sequence; ++next_row) {
      kept.push_back(kept_put(**next_row));
    }
  };
  Statement select = SSE_TRY(database_->prepare("SELECT list FROM changes ORDER BY first"));
  while (SSE_TRY(select.step())) {
    auto list = ChangeListReader::open(select.blob(0));
    StoredChange change;
    while (list && list->next(change).value_or(false)) {
      if (change.sequence > head_ || !book_.is_alive(change)) continue;
      put_rows_before(change.sequence);
      --missing;
      kept.push_back({change.sequence,
                      Kind::kAdd,
                      book_.find(change.row)->key,
                      {},
                      std::string(change.bytes)});
    }
  }
  put_rows_before(wire::kMaxSequence + 1);
  if (missing > 0) report(std::to_string(missing) + " members of series are not there");
  if (missing < 0) report(std::to_string(-missing) + " members of series are there twice");
  return kept;
}

Try<void> KeptRows::write_anew(std::span<const log::KeptRow> kept) {
  SSE_TRY(database_->run("DELETE FROM changes; DELETE FROM rows"));
  list_bytes_ = 0;
  tidying_ = {};
  book_.empty_series();
  ChangeListWriter writer;
  for (const log::KeptRow& row : kept) {
    if (row.kind != Kind::kAdd) continue;
    writer.add(book_.apply(row.change(), std::nullopt, row.sequence));
    if (writer.size() >= kListBytes) SSE_TRY(write_list(writer));
  }
  if (!writer.empty()) SSE_TRY(write_list(writer));
  return save();
}

Try<void> KeptRows::forget_after(wire::Sequence head) {
  Statement lists = SSE_TRY(database_->prepare("DELETE FROM changes WHERE first > ?"));
  SSE_TRY(lists.run(head));
  SSE_TRY(cut_lists(head));
  Statement rows = SSE_TRY(database_->prepare("DELETE FROM rows WHERE sequence > ?"));
  return rows.run(head);
}

// Of lists that go on behind the head; a damaged one stays as it is.
Try<void> KeptRows::cut_lists(wire::Sequence head) {
  std::vector<List> lists;
  Statement select =
      SSE_TRY(database_->prepare("SELECT first, list FROM changes WHERE first <= ? AND last > ?"));
  select.query(head, head);
  while (SSE_TRY(select.step())) {
    lists.push_back({static_cast<wire::Sequence>(select.number(0)), std::string(select.blob(1))});
  }
  for (const auto& [first, list] : lists) {
    auto reader = ChangeListReader::open(list);
    ChangeListWriter kept;
    StoredChange change;
    while (reader && reader->next(change).value_or(false)) {
      if (change.sequence <= head) kept.add(change);
    }
    if (!reader) continue;
    SSE_TRY(delete_list_.run(first));
    list_bytes_ -= std::min<std::uint64_t>(list_bytes_, list.size());
    if (!kept.empty()) SSE_TRY(write_list(kept));
  }
  return {};
}

// ---- writing

Try<void> KeptRows::write(std::span<const log::Entry> entries) {
  ChangeListWriter writer;
  for (const log::Entry& entry : entries) {
    if (entry.row.kind == Kind::kNone) continue;
    writer.add(book_.apply(entry.row, entry.drop, entry.id.sequence()));
    if (writer.size() >= kListBytes) SSE_TRY(write_list(writer));
  }
  return writer.empty() ? Try<void>() : write_list(writer);
}

Try<void> KeptRows::write_list(ChangeListWriter& writer) {
  const wire::Sequence first = writer.first();
  const wire::Sequence last = writer.last();
  const std::size_t members = writer.members();
  const std::string list = writer.take();
  list_bytes_ += list.size();
  return insert_list_.run(first, last, members, std::string_view(list));
}

Try<void> KeptRows::save() {
  for (const wire::Sequence sequence : book_.erased()) SSE_TRY(delete_row_.run(sequence));
  for (const BookRow* row : book_.unsaved()) {
    SSE_TRY(insert_row_.run(row->sequence, std::string_view(bytes_of(row->key)), row->added,
                            row->dropped, checksum_of(*row), std::string_view(row->name),
                            std::string_view(row->bytes)));
  }
  has_saved_ = true;
  return {};
}

Try<void> KeptRows::tidy(wire::Sequence rows_at) {
  if (!tidying_.is_active) {
    if (list_bytes_ < 2 * tidying_.bytes_after + kTidySlack) return {};
    tidying_ = {true, 0, 0};
  }
  const auto lists = SSE_TRY(next_lists(rows_at));
  ChangeListWriter members;
  for (const auto& [first, list] : lists) SSE_TRY(tidy_one(first, list, members));
  if (!members.empty()) SSE_TRY(write_list(members));
  if (lists.empty()) tidying_ = {false, 0, list_bytes_};
  return {};
}

Try<std::vector<KeptRows::List>> KeptRows::next_lists(wire::Sequence rows_at) {
  std::vector<List> lists;
  std::size_t bytes = 0;
  next_lists_.query(tidying_.next, rows_at, kTidyLists);
  while (bytes < kTidyBytes && SSE_TRY(next_lists_.step())) {
    lists.push_back(
        {static_cast<wire::Sequence>(next_lists_.number(0)), std::string(next_lists_.blob(2))});
    bytes += lists.back().bytes.size();
    tidying_.next = static_cast<wire::Sequence>(next_lists_.number(1)) + 1;
  }
  next_lists_.reset();
  return lists;
}

// A list that is alive for the most part stays, unless it is so small that several make one. A
// damaged one stays, too, so that it can be examined.
Try<void> KeptRows::tidy_one(wire::Sequence first, const std::string& list,
                             ChangeListWriter& members) {
  auto reader = ChangeListReader::open(list);
  std::vector<StoredChange> alive;
  std::size_t changes = 0;
  StoredChange change;
  while (reader) {
    const auto has_next = reader->next(change);
    if (!has_next) reader = has_next.error();
    if (!has_next || !*has_next) break;
    ++changes;
    if (book_.is_alive(change)) alive.push_back(change);
  }
  if (!reader) return {};
  const bool is_mostly_alive = alive.size() * 4 >= changes * 3;
  if (is_mostly_alive && list.size() >= kSmallList) {
    return members.empty() ? Try<void>() : write_list(members);
  }
  SSE_TRY(delete_list_.run(first));
  list_bytes_ -= std::min<std::uint64_t>(list_bytes_, list.size());
  for (const StoredChange& member : alive) members.add(member);
  return members.size() < kListBytes ? Try<void>() : write_list(members);
}

void KeptRows::settle() {
  book_.settle();
  if (std::exchange(has_saved_, false)) book_.mark_saved();
  settled_list_bytes_ = list_bytes_;
  settled_tidying_ = tidying_;
}

void KeptRows::undo() {
  book_.undo();
  has_saved_ = false;
  list_bytes_ = settled_list_bytes_;
  tidying_ = settled_tidying_;
}

}  // namespace sse::journal
