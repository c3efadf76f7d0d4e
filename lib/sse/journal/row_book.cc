#include "sse/journal/row_book.h"

#include <utility>

#include "sse/base/check.h"

namespace sse::journal {

using Kind = log::RowChange::Kind;

void RowBook::clear() {
  rows_.clear();
  by_sequence_.clear();
  dirty_.clear();
  erased_.clear();
  steps_.clear();
}

bool RowBook::load(BookRow row) {
  if (rows_.contains(row.key) || by_sequence_.contains(row.sequence)) return false;
  row.is_saved = true;
  row.is_dirty = false;
  auto held = std::make_unique<BookRow>(std::move(row));
  by_sequence_.emplace(held->sequence, held.get());
  const Uuid key = held->key;
  rows_.emplace(key, std::move(held));
  return true;
}

StoredChange RowBook::apply(const log::RowChange& change, const std::optional<Uuid>& drop,
                            wire::Sequence sequence) {
  StoredChange stored;
  stored.kind = change.kind;
  stored.sequence = sequence;
  stored.key = change.key;
  stored.name = change.name;
  stored.bytes = change.bytes;
  if (change.kind == Kind::kPut) put(change, sequence);
  if (change.kind == Kind::kErase) {
    stored.row = at(change.key).sequence;
    erase(change.key);
  }
  if (change.kind == Kind::kAdd) {
    BookRow& row = at(change.key);
    stored.row = row.sequence;
    stored.member = row.added++;
    mark_dirty(row);
    steps_.push_back({Step::Kind::kAdd, change.key, nullptr});
  }
  if (drop) drop_oldest(*drop);
  return stored;
}

void RowBook::drop_oldest(const Uuid& key) {
  BookRow& row = at(key);
  SSE_CHECK(row.dropped < row.added);
  ++row.dropped;
  mark_dirty(row);
  steps_.push_back({Step::Kind::kDrop, key, nullptr});
}

void RowBook::empty_series() {
  for (const auto& [key, row] : rows_) {
    row->added = row->dropped = 0;
    mark_dirty(*row);
  }
}

void RowBook::mark_dirty(BookRow& row) {
  if (row.is_dirty) return;
  row.is_dirty = true;
  dirty_.push_back(row.key);
}

void RowBook::put(const log::RowChange& change, wire::Sequence sequence) {
  auto row = std::make_unique<BookRow>();
  row->sequence = sequence;
  row->key = change.key;
  row->name = change.name;
  row->bytes = change.bytes;
  mark_dirty(*row);
  by_sequence_.emplace(sequence, row.get());
  rows_.emplace(change.key, std::move(row));
  steps_.push_back({Step::Kind::kPut, change.key, nullptr});
}

void RowBook::erase(const Uuid& key) {
  auto node = rows_.extract(key);
  by_sequence_.erase(node.mapped()->sequence);
  if (node.mapped()->is_saved) erased_.push_back(node.mapped()->sequence);
  steps_.push_back({Step::Kind::kErase, key, std::move(node.mapped())});
}

void RowBook::undo() {
  for (; !steps_.empty(); steps_.pop_back()) take_back(steps_.back());
}

// A row may stay marked as dirty, and its key in the list: it is then saved as it is.
void RowBook::take_back(Step& step) {
  switch (step.kind) {
    case Step::Kind::kAdd:
      --at(step.key).added;
      return;
    case Step::Kind::kDrop:
      --at(step.key).dropped;
      return;
    case Step::Kind::kPut:
      by_sequence_.erase(at(step.key).sequence);
      rows_.erase(step.key);
      return;
    case Step::Kind::kErase:
      if (step.erased->is_saved) erased_.pop_back();
      by_sequence_.emplace(step.erased->sequence, step.erased.get());
      rows_.emplace(step.key, std::move(step.erased));
      return;
  }
}

void RowBook::settle() {
  steps_.clear();
}

const BookRow* RowBook::find(const Uuid& key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? nullptr : found->second.get();
}

const BookRow* RowBook::find(wire::Sequence sequence) const {
  const auto found = by_sequence_.find(sequence);
  return found == by_sequence_.end() ? nullptr : found->second;
}

bool RowBook::is_alive(const StoredChange& change) const {
  if (change.kind != Kind::kAdd) return false;
  const BookRow* row = find(change.row);
  return row != nullptr && change.member >= row->dropped && change.member < row->added;
}

std::vector<const BookRow*> RowBook::in_order() const {
  std::vector<const BookRow*> rows;
  rows.reserve(rows_.size());
  for (const auto& [sequence, row] : by_sequence_) rows.push_back(row);
  return rows;
}

std::vector<log::CountedRow> RowBook::counted() const {
  std::vector<log::CountedRow> counted;
  counted.reserve(rows_.size());
  for (const BookRow* row : in_order()) {
    counted.push_back({row->sequence, row->key, row->name, row->bytes,
                       static_cast<std::size_t>(row->added - row->dropped)});
  }
  return counted;
}

std::vector<const BookRow*> RowBook::unsaved() const {
  std::vector<const BookRow*> rows;
  for (const Uuid& key : dirty_) {
    const BookRow* row = find(key);
    if (row != nullptr && row->is_dirty) rows.push_back(row);
  }
  return rows;
}

void RowBook::mark_saved() {
  for (const Uuid& key : dirty_) {
    if (find(key) == nullptr) continue;
    at(key).is_dirty = false;
    at(key).is_saved = true;
  }
  dirty_.clear();
  erased_.clear();
}

}  // namespace sse::journal
