#include "sse/journal/part_search.h"

#include <iterator>
#include <limits>
#include <utility>

#include "sse/log/chunk.h"

namespace sse::journal {
namespace {

constexpr std::uint64_t kStepBytes = std::uint64_t{64} << 20U;

std::string events(wire::Sequence first, wire::Sequence last) {
  return "events " + std::to_string(first) + " to " + std::to_string(last);
}

}  // namespace

PartSearch::PartSearch(KeptLog& log, wire::Sequence tail, wire::Sequence head,
                       std::function<void(const std::string&)> report)
    : log_(log),
      tail_(tail),
      head_(head),
      report_(std::move(report)),
      next_(tail + 1),
      open_(log.new_part()) {
}

Try<bool> PartSearch::go_on() {
  if (!std::exchange(has_rows_, true)) SSE_TRY(read_rows());
  bytes_ = 0;
  while (next_ <= head_) {
    if (SSE_TRY(take_row())) continue;
    if (bytes_ >= kStepBytes) return false;
    SSE_TRY(read_chunks());
  }
  SSE_TRY(forget_wrong_rows());
  return true;
}

// Rows of what is before the tail stay until retention has deleted their chunks.
Try<void> PartSearch::read_rows() {
  using Key = std::numeric_limits<std::int64_t>;
  return log_.parts().read(Key::min(), Key::max(),
                           [&](std::int64_t key, const std::optional<PartRow>& row) {
                             if (!row || row->extent.last > head_) {
                               wrong_rows_.insert(key);
                             } else if (row->extent.last > tail_) {
                               rows_.emplace(row->extent.first.sequence(), row->extent);
                             }
                           });
}

Try<bool> PartSearch::take_row() {
  const auto behind = rows_.upper_bound(next_);
  if (behind == rows_.begin()) return false;
  const auto found = std::prev(behind);
  const PartExtent part = found->second;
  const bool holds_next =
      part.first.sequence() == next_ || (std::exchange(is_first_, false) && part.last >= next_);
  if (!holds_next) return false;
  if (!open_.empty()) SSE_TRY(write_open());
  rows_.erase(found);
  parts_.push_back(part);
  next_ = part.last + 1;
  is_first_ = is_broken_ = false;
  return true;
}

// Until a chunk that a row tells of.
Try<void> PartSearch::read_chunks() {
  is_first_ = false;
  bool is_at_end = true;
  Try<void> added;
  SSE_TRY(log_.read_from(next_, [&](const ChunkRow& row, std::string_view chunk) {
    if (row.first > head_) return false;  // a damaged key: KeptLog::forget_after()
    if (row.first != next_) {
      if (!is_broken_) report_(events(next_, row.first - 1) + " are not there");
      lose(row.first);
    }
    is_broken_ = false;
    is_at_end = false;
    if (has_row_at(next_) || bytes_ >= kStepBytes) return false;
    is_at_end = true;
    const auto entries = log::decode_chunk(chunk, KeyedHash());
    if (!entries || !row.tells_of(*entries)) {
      report_(events(row.first, row.last()) + ": " +
              (entries ? "another chunk is in their place" : entries.error().text));
      lose(row.first + 1);  // what its row says of its end may be wrong
      is_broken_ = true;
      return true;
    }
    added = add(*entries, chunk.size());
    return added.has_value();
  }));
  SSE_TRY(std::move(added));
  if (!is_at_end || next_ > head_) return {};
  if (!is_broken_) report_(events(next_, head_) + " are not there");
  lose(head_ + 1);
  return {};
}

Try<void> PartSearch::add(std::span<const log::Entry> entries, std::size_t bytes) {
  if (open_.is_complete_before(entries.size())) SSE_TRY(write_open());
  open_.add(entries, bytes);
  next_ = entries.back().id.sequence() + 1;
  bytes_ += bytes;
  return {};
}

Try<void> PartSearch::write_open() {
  const PartRow row = open_.take();
  wrong_rows_.erase(static_cast<std::int64_t>(row.extent.first.sequence()));
  parts_.push_back(row.extent);
  return log_.parts().write(row);
}

// What is before the place is of no use, since a log has no holes.
void PartSearch::lose(wire::Sequence next) {
  parts_.clear();
  open_.clear();
  next_ = next;
  tail_ = next - 1;
}

Try<void> PartSearch::forget_wrong_rows() {
  for (const auto& [first, part] : rows_) {
    if (part.last > tail_) wrong_rows_.insert(static_cast<std::int64_t>(first));
  }
  for (const std::int64_t key : wrong_rows_) SSE_TRY(log_.parts().forget(key));
  return {};
}

}  // namespace sse::journal
