#include "sse/journal/redis_part_search.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sse/base/logging.h"

namespace sse::journal {
namespace {

constexpr std::size_t kRowsAtOnce = 64;

}  // namespace

Status RedisPartSearch::find() {
  const auto oldest = SSE_TRY(this->oldest());
  if (!oldest || oldest->first.sequence() > end_) return {};
  first_ = oldest->first;
  // Behind it comes the oldest entry itself.
  at_ = {oldest->place.time, first_.sequence() - 1};
  asked_ = first_.sequence();
  while (at_.last < end_) {
    const RedisPart* row = SSE_TRY(next_row());
    if (row != nullptr && row->kept.first.sequence() <= at_.last + 1) {
      take_row();
      continue;
    }
    const wire::Sequence before = at_.last;
    SSE_TRY(read_entries(row != nullptr ? row->kept.first.sequence() - 1 : end_));
    if (at_.last != before) continue;
    // What should come is not there.
    lose(row != nullptr ? row->kept.first.sequence() : end_ + 1);
    if (row == nullptr) return {};
    at_ = {row->kept.first.unix_time(), row->kept.first.sequence() - 1};
  }
  if (!open_.empty()) parts_.push_back(open_.part());
  return {};
}

// An entry that is not an event's says nothing: then the first whole one does.
Result<std::optional<OldestEntry>> RedisPartSearch::oldest() {
  auto oldest = loader_.oldest();
  if (oldest || oldest.error().code != ErrorCode::kInvalid) return oldest;
  std::optional<OldestEntry> found;
  SSE_TRY(loader_.entries("-", 0, [&](const RedisEntry& entry) -> Status {
    found = OldestEntry{entry.place, entry.entries.front().id};
    return {};
  }));
  return found;
}

/// The first row of a part that ends behind what was found; null where there is none.
Result<const RedisPart*> RedisPartSearch::next_row() {
  while (true) {
    while (!rows_.empty() && rows_.front().kept.last <= at_.last) rows_.pop_front();
    if (!rows_.empty()) return &rows_.front();
    if (asked_ == 0) return nullptr;
    auto rows = SSE_TRY(loader_.parts(std::max(asked_, at_.last + 1), kRowsAtOnce));
    asked_ = rows.empty() ? 0 : rows.back().kept.last + 1;
    for (RedisPart& row : rows) {
      if (is_whole(row)) rows_.push_back(std::move(row));
    }
  }
}

/// Whether the row is of this order, as far as that is known, and of what is looked for.
bool RedisPartSearch::is_whole(const RedisPart& row) const {
  const wire::EventId& first = row.kept.first;
  if (!rows_.empty() && first.sequence() <= rows_.back().kept.last) return false;
  const bool is_known = first.sequence() >= attached_.epochs.front().first;
  const bool is_of_order = !is_known || attached_.epoch_of(first.sequence()) == first.epoch();
  return is_of_order && row.kept.last <= end_;
}

void RedisPartSearch::take_row() {
  RedisPart part = std::move(rows_.front());
  rows_.pop_front();
  const wire::Sequence next = at_.last + 1;
  if (part.kept.first.sequence() < next) {
    // Retention has been in it, so it is the first one; else its events are read.
    if (next != first_.sequence()) return;
    part.kept.first = first_;
    std::erase_if(part.kept.newest, [&](const auto& newest) { return newest.sequence < next; });
  }
  if (!open_.empty()) end_open();
  at_ = part.end();
  parts_.push_back(std::move(part));
}

/// Up to the event `last`, or to where the entries end.
Status RedisPartSearch::read_entries(wire::Sequence last) {
  return loader_.entries("(" + at_.text(), last, [&](const RedisEntry& entry) -> Status {
    if (entry.place.last > at_.last && entry.place.last <= last) add(entry);
    return {};
  });
}

void RedisPartSearch::add(const RedisEntry& entry) {
  if (entry.first() != at_.last + 1) lose(entry.first());
  if (parts_.empty() && open_.empty()) first_ = entry.entries.front().id;
  if (open_.is_complete_before(entry)) end_open();
  open_.add(entry);
  at_ = entry.place;
}

/// A log has no holes: what was found before one is of no use.
void RedisPartSearch::lose(wire::Sequence next) {
  log_line(LogLevel::kError,
           "the events " + std::to_string(at_.last + 1) + " to " + std::to_string(next - 1) +
               " are not in the cluster's log any more, or are damaged: it begins "
               "behind them now");
  parts_.clear();
  missing_.clear();
  open_.clear();
}

void RedisPartSearch::end_open() {
  missing_.push_back(open_.take());
  parts_.push_back(missing_.back());
}

}  // namespace sse::journal
