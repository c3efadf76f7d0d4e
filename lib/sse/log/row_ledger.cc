#include "sse/log/row_ledger.h"

#include "sse/base/check.h"

namespace sse::log {

using Kind = RowChange::Kind;

void RowLedger::clear() {
  fullest_ = {};
  by_name_.clear();
  rows_.clear();
  members_ = 0;
}

void RowLedger::load_counted(std::span<const CountedRow> rows) {
  clear();
  for (const CountedRow& counted : rows) {
    Row& row = put({Kind::kPut, counted.key, counted.name, counted.bytes}, counted.sequence);
    for (std::size_t i = 0; i < counted.members; ++i) fullest_.increase(row);
    members_ += counted.members;
  }
}

std::optional<Uuid> RowLedger::shrink() {
  Row* const row = static_cast<Row*>(fullest_.fullest());  // every member is a Row
  const bool is_over =
      row != nullptr && (row->count > limits_.per_series || members_ > limits_.all_series);
  if (!is_over) return std::nullopt;
  fullest_.decrease(*row);
  --members_;
  return row->key;
}

void RowLedger::load(std::span<const KeptRow> rows) {
  clear();
  for (const KeptRow& row : rows) {
    if (row.kind == Kind::kPut) {
      put(row.change(), row.sequence);
    } else {
      fullest_.increase(*rows_.at(row.key));
      ++members_;
    }
  }
}

const RowLedger::Row* RowLedger::find_name(std::string_view name) const {
  const auto found = by_name_.lower_bound({name, 0});
  return found != by_name_.end() && found->first.first == name ? found->second : nullptr;
}

bool RowLedger::judge(const RowChange& change, Condition condition, Outcome& outcome) const {
  const bool is_known = rows_.contains(change.key);
  const bool needs_row = condition == Condition::kRowExists || change.kind == Kind::kErase ||
                         change.kind == Kind::kAdd;
  if (needs_row && !is_known) {
    outcome.kind = Outcome::Kind::kNoSuchRow;
    return false;
  }
  if (change.kind == Kind::kPut && is_known) {
    outcome.fail({ErrorCode::kConflict, "there is a row of this key"});
    return false;
  }
  if (const Row* same = condition == Condition::kNameIsFree ? find_name(change.name) : nullptr;
      same != nullptr) {
    outcome.kind = Outcome::Kind::kNameTaken;
    outcome.row = same->key;
    outcome.text = same->bytes;
    return false;
  }
  if (change.kind == Kind::kPut && rows_.size() >= limits_.rows) {
    outcome.kind = Outcome::Kind::kNoRoom;
    return false;
  }
  return true;
}

std::optional<Uuid> RowLedger::apply(const RowChange& change, wire::Sequence sequence) {
  if (change.kind == Kind::kPut) put(change, sequence);
  if (change.kind == Kind::kErase) erase(change.key);
  if (change.kind != Kind::kAdd) return std::nullopt;

  Row* row = rows_.at(change.key).get();
  fullest_.increase(*row);
  ++members_;
  if (row->count <= limits_.per_series) {
    if (members_ <= limits_.all_series) return std::nullopt;
    row = static_cast<Row*>(fullest_.fullest());  // every member is a Row
  }
  fullest_.decrease(*row);
  --members_;
  return row->key;
}

RowLedger::Row& RowLedger::put(const RowChange& change, wire::Sequence sequence) {
  auto row = std::make_unique<Row>();
  row->age = sequence;
  row->key = change.key;
  row->name = change.name;
  row->bytes = change.bytes;
  by_name_.emplace(std::pair<std::string_view, wire::Sequence>(row->name, sequence), row.get());
  const auto [place, is_new] = rows_.emplace(change.key, std::move(row));
  SSE_CHECK(is_new);
  return *place->second;
}

void RowLedger::erase(const Uuid& key) {
  const auto found = rows_.find(key);
  Row& row = *found->second;
  members_ -= row.count;
  fullest_.remove(row);
  by_name_.erase({row.name, row.age});
  rows_.erase(found);
}

}  // namespace sse::log
