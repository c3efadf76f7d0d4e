// What a start knows of the whole log, without reading it: its parts, and where it begins.

#include <algorithm>
#include <limits>
#include <utility>

#include "sse/base/logging.h"
#include "sse/journal/keeper.h"
#include "sse/journal/part_search.h"
#include "sse/log/chunk.h"

namespace sse::journal {
namespace {

std::string events(wire::Sequence first, wire::Sequence last) {
  return "events " + std::to_string(first) + " to " + std::to_string(last);
}

}  // namespace

// What the state says of the tail may be wrong where that is damaged; then the oldest chunk says
// it.
Try<void> Keeper::find_history(const Report& report) {
  const wire::Sequence head = origin_.head.sequence();
  wire::Sequence tail = state_.is_damaged() ? 0 : state_.state().tail.sequence();
  const auto oldest = log_.from(0);
  // Where that chunk cannot be read skip_old() goes on behind it.
  if (!oldest && oldest.error().kind != FailureKind::kDamaged) return oldest.error();
  const wire::Sequence known = tail;
  if (oldest) tail = std::max(tail, *oldest ? (*oldest)->first - 1 : head);
  tail = std::min(tail, head);
  const bool has_lost = tail > known && !state_.is_damaged();
  if (has_lost) report(events(known + 1, tail) + " are not there");
  SSE_TRY(write_at_start([&] { return find_parts(tail, report); }));
  is_tail_lost_ |= has_lost;
  SSE_TRY(skip_old(report));
  const auto first = SSE_TRY(log_.from(tail_.sequence() + 1));
  tail_ = origin_.head;
  if (first && first->first <= head) tail_ = SSE_TRY(origin_before(*first)).head;
  return {};
}

/// The parts from there on, and the one of the newest chunks.
Try<void> Keeper::find_parts(wire::Sequence tail, const Report& report) {
  const wire::Sequence head = origin_.head.sequence();
  PartSearch search(log_, tail, head, report);
  bool is_found = false;
  const auto go_on = [&]() -> Try<void> {
    is_found = SSE_TRY(search.go_on());
    return {};
  };
  while (!is_found) {
    SSE_TRY(transact(go_on));
    const auto& tell = options_.journal.on_progress;
    if (!is_found && tell) tell({search.next() - 1 - tail, head - tail});
  }
  parts_ = search.take_parts();
  set_tail(search.tail());
  is_tail_lost_ = search.tail() != tail;
  auto open = search.take_open();
  auto bytes = SSE_TRY(log_.parts().bytes()).value_or(0) + open.extent().bytes;
  if (!parts_.empty() && parts_.front().first.sequence() <= tail) {
    // Retention has been in it.
    PartExtent& cut = parts_.front();
    const auto left = log_.bytes_between(cut.first.sequence(), cut.last).value_or(cut.bytes);
    bytes -= std::min(bytes, cut.bytes - std::min(cut.bytes, left));
    cut.bytes = left;
  }
  log_.begin(std::move(open), bytes);
  return {};
}

// By the wall clock, as retention is going to. The newest chunk stays: it says which id is next.
Try<void> Keeper::skip_old(const Report& report) {
  const wire::Sequence head = origin_.head.sequence();
  const auto& limits = options_.log;
  const auto wall =
      std::chrono::floor<std::chrono::milliseconds>(clock_.now().wall).time_since_epoch();
  const auto since = limits.ttl.count() > 0
                         ? wall - std::chrono::floor<std::chrono::milliseconds>(limits.ttl)
                         : std::chrono::milliseconds(0);
  const IsOld is_old = [&](std::chrono::milliseconds time, wire::Sequence last) {
    return time < since || (limits.max_events != 0 && last + limits.max_events <= head);
  };
  wire::Sequence tail = tail_.sequence();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const PartExtent& next = i + 1 < parts_.size() ? parts_[i + 1] : log_.open_part();
    if (next.last == 0 || !is_old(next.first.unix_time(), parts_[i].last)) break;
    tail = parts_[i].last;
  }
  auto skipped = skip_chunks(tail, is_old, report);
  while (!skipped && skipped.error().kind == FailureKind::kDamaged) {
    // SQLite cannot read some of these chunks: the next part may be whole.
    const auto part = std::find_if(parts_.begin(), parts_.end(),
                                   [&](const PartExtent& one) { return one.last > tail; });
    if (part == parts_.end()) break;
    report(events(tail + 1, part->last) + ": " + skipped.error().text);
    is_tail_lost_ = true;
    tail = part->last;
    skipped = skip_chunks(tail, is_old, report);
  }
  SSE_TRY(std::move(skipped));
  set_tail(tail);
  std::erase_if(parts_, [this](const PartExtent& part) { return part.last <= tail_.sequence(); });
  return {};
}

/// Moves the tail behind chunks that are old or damaged, up to the first that is neither.
Try<void> Keeper::skip_chunks(wire::Sequence& tail, const IsOld& is_old, const Report& report) {
  const wire::Sequence head = origin_.head.sequence();
  bool is_broken = false;
  SSE_TRY(log_.read_from(tail + 1, [&](const ChunkRow& row, std::string_view bytes) {
    if (row.first > head) return false;
    const auto entries = log::decode_chunk(bytes, KeyedHash());
    const bool is_whole = entries && row.tells_of(*entries);
    if (row.first != tail + 1 && !is_broken) {
      report(events(tail + 1, row.first - 1) + " are not there");
    }
    if (!is_whole) {
      report(events(row.first, row.last()) + ": " +
             (entries ? "another chunk is in their place" : entries.error().text));
    }
    is_tail_lost_ |= !is_whole || row.first != tail + 1;
    is_broken = !is_whole;
    tail = is_whole ? row.first - 1 : row.first;
    if (!is_whole) return true;
    if (row.last() >= head || !is_old(row.time, row.last())) return false;
    tail = row.last();
    return true;
  }));
  if (is_broken) tail = head;
  return {};
}

/// Where what is read into memory begins: with a part, so that none is in memory by half.
Try<std::optional<ChunkRow>> Keeper::first_in_memory(const Report& report) {
  const wire::Sequence head = origin_.head.sequence();
  const PartExtent& open = log_.open_part();
  const bool has_open = open.last != 0;
  wire::Sequence first = has_open ? open.first.sequence() : head + 1;
  std::uint64_t bytes = open.bytes;
  for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
    bytes += part->bytes;
    const bool is_needed = !has_open && part == parts_.rbegin();
    if (!is_needed && bytes > options_.log.memory_bytes) break;
    first = part->first.sequence();
  }
  first = std::max(first, tail_.sequence() + 1);
  if (first > head) return std::optional<ChunkRow>();
  auto row = SSE_TRY(log_.from(first));
  if (row && row->first > head) row.reset();
  if (row && row->first == first) return row;
  // SQLite has it, and does not find it.
  report(events(first, row ? row->first - 1 : head) + " are not there");
  tail_ = origin_.head;
  if (row) tail_ = SSE_TRY(origin_before(*row)).head;
  is_tail_lost_ = true;
  return row;
}

Try<void> Keeper::tell_archived(log::Follower& follower, wire::Sequence end, Loaded& loaded) {
  const wire::Sequence first = tail_.sequence() + 1;
  if (first >= end) return {};
  const auto oldest = SSE_TRY(log_.from(first));
  const wire::EventId first_id = oldest ? oldest->first_id() : parts_.front().first;
  log::Tail tail{first_id, std::nullopt};
  if (first > 1) tail.gone = tail_.unix_time();
  follower.move_tail(tail);
  std::size_t told = 0;
  const auto tell = [&](std::int64_t key, std::optional<PartRow> row) {
    const bool is_next = told < parts_.size() && row && row->extent.first == parts_[told].first;
    if (!is_next || key >= static_cast<std::int64_t>(end)) return;
    ++told;
    log::KeptPart part{row->extent.first, row->extent.last, std::move(row->newest)};
    if (part.first.sequence() < first) {
      part.first = first_id;
      std::erase_if(part.newest, [&](const auto& newest) { return newest.sequence < first; });
    }
    follower.load_part(part);
    loaded.archived_bytes += row->extent.bytes;
  };
  loaded.archived_events = end - first;
  using Key = std::numeric_limits<std::int64_t>;
  SSE_TRY(log_.parts().read(Key::min(), Key::max(), tell));
  const bool are_all = told == parts_.size() || parts_[told].first.sequence() >= end;
  if (are_all) return {};
  return Failure{FailureKind::kDamaged,
                 "cannot use " + directory_.database() + ": its table of parts is not in order"};
}

// ---- once it has begun

std::optional<log::Tail> Keeper::take_tail() {
  if (tail_.sequence() <= told_tail_) return std::nullopt;
  told_tail_ = tail_.sequence();
  const auto oldest = log_.from(told_tail_ + 1);
  const bool is_known = oldest && *oldest;  // else it is no older than what is gone
  const auto time = is_known ? (*oldest)->time : tail_.unix_time();
  const wire::Epoch epoch = is_known ? (*oldest)->epoch : tail_.epoch();
  return log::Tail{wire::EventId::make(time, epoch, told_tail_ + 1), tail_.unix_time()};
}

Try<Keeper::ReadStep> Keeper::read(RangeReading& range, FunctionRef<bool()> may_go_on) {
  if (range.next() <= tail_.sequence()) return ReadStep::kGone;
  auto step = reader_.go_on(range, may_go_on);
  if (!step && step.error().kind == FailureKind::kDamaged) {
    log_line(LogLevel::kError, step.error().text);
    step = RangeReader::Step::kDamaged;
  }
  if (SSE_TRY(std::move(step)) == RangeReader::Step::kRead) return ReadStep::kRead;
  lose(range);
  return ReadStep::kGone;
}

// To the next chunk there is; in memory there may be more than what the range is of.
void Keeper::lose(const RangeReading& range) {
  ++damaged_reads_;
  const auto next = log_.from(range.next() + 1);
  const bool has_next = next && *next && (*next)->first <= range.last();
  const wire::Sequence last = has_next ? (*next)->first - 1 : range.last();
  // An id's time never falls, so no event that is gone is newer than the next one.
  const auto time = next && *next ? (*next)->time : tail_.unix_time();
  const wire::Epoch epoch = next && *next ? (*next)->epoch : tail_.epoch();
  tail_ = wire::EventId::make(time, epoch, last);
  is_tail_lost_ = true;
  log_line(LogLevel::kError, directory_.path() + ": events " + std::to_string(range.next()) +
                                 " to " + std::to_string(last) +
                                 " are damaged: the log begins behind them now");
}

Try<void> Keeper::save_tail() {
  if (!is_tail_lost_) return {};
  State state = state_.state();
  state.tail = tail_;
  SSE_TRY(transact([&] { return state_.write(state); }));
  is_tail_lost_ = false;
  return {};
}

}  // namespace sse::journal
