#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sse/log/log_follower.h"

namespace sse::test {

/// Rows as the journal tells of them: `1: a b` for a row 1 with two members.
class TextRows final : public log::Projection {
 public:
  struct Row {
    std::uint64_t key;
    std::string text;
    std::vector<std::string> members;
  };

  void apply(std::span<const log::Entry> entries, FunctionRef<void()> show) override {
    largest_ = std::max(largest_, entries.size());
    for (const auto& entry : entries) {
      if (entry.id.sequence() <= applied_) continue;
      applied_ = entry.id.sequence();
      change(entry.row);
      if (!entry.drop) continue;
      auto& members = find(*entry.drop)->members;
      members.erase(members.begin());
    }
    show();
  }
  void replace(std::span<const log::KeptRow> rows, FunctionRef<void()> show) override {
    rows_.clear();
    applied_ = 0;
    for (const auto& row : rows) {
      change(row.change());
      applied_ = std::max(applied_, row.sequence);
    }
    show();
  }

  /// The most entries that were applied at once.
  std::size_t largest() const { return largest_; }

  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const auto& row : rows_) {
      std::string line = std::to_string(row.key) + " " + row.text + ":";
      for (const auto& member : row.members) line += " " + member;
      lines.push_back(line);
    }
    return lines;
  }

 private:
  Row* find(const Uuid& key) {
    const auto found = std::find_if(rows_.begin(), rows_.end(),
                                    [&](const Row& row) { return row.key == key.low; });
    return found == rows_.end() ? nullptr : &*found;
  }
  void change(const log::RowChange& change) {
    using Kind = log::RowChange::Kind;
    Row* row = find(change.key);
    if (change.kind == Kind::kPut) {
      rows_.push_back(
          {change.key.low, std::string(change.name) + "=" + std::string(change.bytes), {}});
    }
    if (change.kind == Kind::kAdd) row->members.emplace_back(change.bytes);
    if (change.kind == Kind::kErase) rows_.erase(rows_.begin() + (row - rows_.data()));
  }

  std::vector<Row> rows_;
  std::uint64_t applied_ = 0;
  std::size_t largest_ = 0;
};

}  // namespace sse::test
