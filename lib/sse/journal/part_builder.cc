#include "sse/journal/part_builder.h"

#include <utility>

namespace sse::journal {

bool PartBuilder::is_complete_before(std::size_t events) const {
  if (empty()) return false;
  return extent_.bytes >= part_bytes_ ||
         extent_.last - extent_.first.sequence() + 1 + events > kMaxPartEvents;
}

void PartBuilder::add(std::span<const log::Entry> chunk, std::size_t bytes) {
  if (empty()) extent_.first = chunk.front().id;
  extent_.last = chunk.back().id.sequence();
  extent_.bytes += bytes;
  if (knows_pairs_) newest_.add(chunk);
}

PartRow PartBuilder::take() {
  PartRow row{extent_, newest_.in_order(extent_.first.sequence())};
  extent_ = {};
  newest_.forget();
  knows_pairs_ = true;
  return row;
}

void PartBuilder::clear() {
  extent_ = {};
  newest_.clear();
  knows_pairs_ = true;
}

void PartBuilder::go_back_to(const PartExtent& extent) {
  if (extent == extent_) return;
  clear();
  extent_ = extent;
  knows_pairs_ = empty();
}

}  // namespace sse::journal
