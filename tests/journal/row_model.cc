#include "journal/row_model.h"

namespace sse::test {

using Kind = log::RowChange::Kind;

void RowModel::load(wire::Sequence at, std::span<const log::KeptRow> rows) {
  at_ = at;
  rows_.clear();
  for (const auto& row : rows) put(row.change(), row.sequence);
}

void RowModel::apply(const log::Entry& entry) {
  if (entry.id.sequence() <= at_) return;
  at_ = entry.id.sequence();
  put(entry.row, at_);
  if (!entry.drop) return;
  auto& members = rows_.at(*entry.drop).members;
  members.pop_front();
}

void RowModel::put(const log::RowChange& change, wire::Sequence sequence) {
  switch (change.kind) {
    case Kind::kNone:
      break;
    case Kind::kPut:
      rows_[change.key] = {sequence, std::string(change.name), std::string(change.bytes), {}};
      break;
    case Kind::kErase:
      rows_.erase(change.key);
      break;
    case Kind::kAdd:
      rows_.at(change.key).members.emplace_back(change.bytes);
      break;
  }
}

std::size_t RowModel::members() const {
  std::size_t members = 0;
  for (const auto& [key, row] : rows_) members += row.members.size();
  return members;
}

}  // namespace sse::test
