#include "sse/journal/parts_check.h"

#include <algorithm>
#include <utility>

namespace sse::journal {

PartsCheck::PartsCheck(KeptParts& parts, wire::Sequence tail, Complain complain)
    : parts_(parts), tail_(tail), complain_(std::move(complain)) {
}

Try<void> PartsCheck::add(const ChunkRow& row, const std::vector<log::Entry>* entries) {
  SSE_TRY(go_to(row.first));
  if (!row_) return {};  // the part that has no row yet
  const PartExtent& part = row_->extent;
  if (row.first < part.first.sequence()) {
    const wire::Sequence end = part.first.sequence() - 1;
    if (row.first > std::max(tail_, std::exchange(gap_told_, end))) {
      complain_("events " + std::to_string(row.first) + " to " + std::to_string(end) +
                " are in no part");
    }
    return {};
  }
  if (first_ == 0) first_ = row.first;
  last_ = row.last();
  bytes_ += row.bytes;
  if (entries != nullptr) newest_.add(*entries);
  is_damaged_ |= entries == nullptr;
  return {};
}

Try<void> PartsCheck::end() {
  return go_to(wire::kMaxSequence + 1);
}

/// The row of a part that ends there or later.
Try<void> PartsCheck::go_to(wire::Sequence first) {
  if (!std::exchange(has_begun_, true)) SSE_TRY(next_row());
  while (row_ && row_->extent.last < first) {
    compare();
    SSE_TRY(next_row());
  }
  return {};
}

Try<void> PartsCheck::next_row() {
  row_.reset();
  newest_.clear();
  first_ = last_ = bytes_ = 0;
  is_damaged_ = false;
  bool has_wrong = false;  // its events are in no part, and that is already reported
  while (!row_) {
    auto next = SSE_TRY(parts_.next(next_key_));
    if (!next) return {};
    next_key_ = next->first + 1;
    row_ = std::move(next->second);
    if (row_ && has_wrong) gap_told_ = row_->extent.first.sequence() - 1;
    if (row_) continue;
    has_wrong = true;
    complain_("part " + std::to_string(next->first) + ": its row has a wrong checksum");
  }
  return {};
}

// Retention may have deleted the first chunks of the oldest part. A damaged chunk is already
// reported.
void PartsCheck::compare() {
  const PartExtent& part = row_->extent;
  if (is_damaged_ || part.last <= tail_) return;
  const bool is_cut = part.first.sequence() <= tail_;
  auto newest = row_->newest;
  std::erase_if(newest, [this](const auto& one) { return one.sequence < first_; });
  const bool is_same = first_ != 0 && last_ == part.last && newest == newest_.in_order(first_) &&
                       (is_cut || (first_ == part.first.sequence() && bytes_ == part.bytes));
  if (is_same) return;
  complain_("part " + std::to_string(part.first.sequence()) + " to " + std::to_string(part.last) +
            ": its row tells of other events than its chunks hold");
}

}  // namespace sse::journal
