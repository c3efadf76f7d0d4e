#include "sse/journal/redis_part_search.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace sse::journal {
namespace {

constexpr std::size_t kRowsAtOnce = 64;

using Pair = std::pair<std::string_view, std::string_view>;

/// Leaves the pairs that are not among `known`, which then has them, too.
void keep_new_pairs(log::KeptPart& part, std::set<Pair>& known) {
  const auto gone = std::erase_if(part.newest, [&](const auto& newest) {
    return known.count({newest.type, newest.topic}) > 0;
  });
  if (gone > 0) part.newest.shrink_to_fit();
  if (gone > 0) part.known = log::KnownNames::kPairs;
  for (const auto& newest : part.newest) known.insert({newest.type, newest.topic});
}

}  // namespace

std::size_t name_bytes_of(const log::KeptPart& part) {
  std::size_t bytes = 0;
  for (const log::NewestInPart& newest : part.newest) {
    bytes += sizeof newest + newest.type.size() + newest.topic.size();
  }
  return bytes;
}

std::size_t bound_names(std::vector<log::KeptPart>& parts, std::size_t most) {
  std::set<Pair> known;
  std::size_t bytes = 0;
  auto part = parts.rbegin();
  for (; part != parts.rend(); ++part) {
    const std::size_t whole = name_bytes_of(*part);
    if (bytes + whole <= most / 2) {
      for (const auto& newest : part->newest) known.insert({newest.type, newest.topic});
      bytes += whole;
      continue;
    }
    keep_new_pairs(*part, known);
    const std::size_t left = name_bytes_of(*part);
    if (bytes + left > most / 4 * 3) break;
    bytes += left;
  }
  for (; part != parts.rend(); ++part) {
    part->newest = {};
    part->known = log::KnownNames::kNone;
  }
  return bytes;
}

Status RedisPartSearch::find() {
  const auto oldest = SSE_TRY(this->oldest());
  if (!oldest.place || oldest.first.sequence() > end_) return {};
  first_ = oldest.first;
  // Behind it comes the oldest entry itself.
  at_ = {oldest.place->time, first_.sequence() - 1};
  asked_ = first_.sequence();
  while (at_.last < end_) {
    const RedisPart* row = SSE_TRY(next_row());
    if (row != nullptr && row->kept.first.sequence() <= at_.last + 1) {
      SSE_TRY(take_row());
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
  if (!open_.empty()) keep(open_.part().kept);
  return {};
}

// An entry that is not an event's says nothing: then the first whole one does.
Result<OldestEntry> RedisPartSearch::oldest() {
  auto oldest = loader_.oldest();
  if (oldest || oldest.error().code != ErrorCode::kInvalid) return oldest;
  OldestEntry found;
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
    asked_ = rows.next;
    for (RedisPart& row : rows.parts) {
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

Status RedisPartSearch::take_row() {
  RedisPart part = std::move(rows_.front());
  rows_.pop_front();
  const wire::Sequence next = at_.last + 1;
  if (part.kept.first.sequence() < next) {
    // Retention has been in it, so it is the first one; else its events are read.
    if (next != first_.sequence()) return {};
    part.kept.first = first_;
    std::erase_if(part.kept.newest, [&](const auto& newest) { return newest.sequence < next; });
  }
  if (!open_.empty()) SSE_TRY(end_open());
  at_ = part.end();
  keep(std::move(part.kept));
  return {};
}

/// Up to the event `last`, or to where the entries end.
Status RedisPartSearch::read_entries(wire::Sequence last) {
  return loader_.entries("(" + at_.text(), last, [&](const RedisEntry& entry) -> Status {
    if (entry.place.last <= at_.last || entry.place.last > last) return {};
    return add(entry);
  });
}

Status RedisPartSearch::add(const RedisEntry& entry) {
  if (entry.first() != at_.last + 1) lose(entry.first());
  if (parts_.empty() && open_.empty()) first_ = entry.entries.front().id;
  if (open_.is_complete_before(entry)) SSE_TRY(end_open());
  open_.add(entry);
  at_ = entry.place;
  return {};
}

/// A log has no holes: what was found before one is of no use.
void RedisPartSearch::lose(wire::Sequence next) {
  log_hole(at_.last + 1, next);
  parts_.clear();
  used_bytes_ = 0;
  open_.clear();
}

Status RedisPartSearch::end_open() {
  RedisPart part = open_.take();
  SSE_TRY(loader_.save(part));
  keep(std::move(part.kept));
  return {};
}

void RedisPartSearch::keep(log::KeptPart part) {
  used_bytes_ += name_bytes_of(part);
  parts_.push_back(std::move(part));
  if (used_bytes_ > name_bytes_) used_bytes_ = bound_names(parts_, name_bytes_);
}

}  // namespace sse::journal
