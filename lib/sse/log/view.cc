#include "sse/log/view.h"

#include <algorithm>
#include <utility>

#include "sse/base/check.h"
#include "sse/log/epochs.h"
#include "sse/log/history.h"
#include "sse/log/segment_table.h"

namespace sse::log {
namespace {

/// The first number in [from, to) for which `is_past` holds, when it holds for all after it; `to`
/// when there is none.
template <typename Predicate>
std::uint64_t first_where(std::uint64_t from, std::uint64_t to, Predicate is_past) {
  while (from < to) {
    const std::uint64_t middle = from + (to - from) / 2;
    if (is_past(middle)) {
      to = middle;
    } else {
      from = middle + 1;
    }
  }
  return from;
}

std::size_t index_in(const Segment& segment, wire::Sequence sequence) {
  return static_cast<std::size_t>(sequence - segment.first());
}

std::string_view block_in(const Segment& segment, std::size_t index) {
  return segment.bytes(segment.begin_of(index), segment.end_of(index));
}

EventNames names_in(const Segment& segment, std::size_t index) {
  return {segment.names(Kind::kType).text(segment.name_of(index, Kind::kType)),
          segment.names(Kind::kTopic).text(segment.name_of(index, Kind::kTopic))};
}

}  // namespace

bool View::knows_epoch(wire::Epoch epoch) const {
  return epochs_ != nullptr && epochs_->knows(epoch);
}

bool View::gave_out(wire::Epoch epoch, wire::Sequence sequence) const {
  return epochs_ != nullptr && epochs_->covers(epoch, sequence, head_);
}

wire::EventId View::oldest_id() const {
  if (empty()) return head_id();
  return is_archived(tail_) ? *history_->oldest : event(tail_).id;
}

wire::Sequence View::first_held() const {
  if (segments_ == nullptr || segments_->slots.empty()) return head_ + 1;
  return std::min(segments_->slots.front().first, head_ + 1);
}

PartRange View::part_of(wire::Sequence archived) const {
  SSE_CHECK(history_ != nullptr && is_archived(archived));
  const auto next = history_->part_after(archived);
  SSE_CHECK(next != history_->parts->begin());
  const wire::Sequence end = next != history_->parts->end() ? next->sequence() : head_ + 1;
  return {(next - 1)->sequence(), std::min(end - 1, head_)};
}

View View::part(std::shared_ptr<const SegmentTable> segments, wire::Sequence last) const {
  View part(*this);
  part.segments_ = std::move(segments);
  part.head_ = std::min(last, first_held() - 1);
  part.tail_ = std::max(tail_, part.first_held());
  part.head_id_ = part.event(part.head_).id;
  part.is_part_ = true;
  return part;
}

View View::nothing_before(wire::Sequence next) const {
  View nothing(*this);
  nothing.segments_ = nullptr;
  nothing.head_ = next - 1;
  nothing.tail_ = next;
  nothing.is_part_ = true;
  return nothing;
}

wire::Sequence View::newer_half() const {
  if (segments_ == nullptr || segments_->slots.empty()) return head_ + 1;
  return std::min(segments_->slots[segments_->slots.size() / 2].first, head_ + 1);
}

std::size_t View::limit_in(const Segment& segment) const {
  const std::size_t next_slot = segments_->slot_of(segment.first()) + 1;
  const wire::Sequence end = next_slot < segments_->slots.size()
                                 ? std::min(segments_->slots[next_slot].first, head_ + 1)
                                 : head_ + 1;
  return index_in(segment, end);
}

std::string_view View::run(const Cursor& cursor, wire::Sequence last) const {
  if (cursor.next > last) return {};
  SSE_CHECK(cursor.next >= first_held() && last <= head_);
  const Segment& segment = segments_->at(cursor.next);
  const std::size_t limit = std::min(limit_in(segment), index_in(segment, last) + 1);
  return segment.bytes(segment.begin_of(index_in(segment, cursor.next)) + cursor.sent,
                       segment.end_of(limit - 1));
}

Cursor View::advance(const Cursor& cursor, std::size_t bytes) const {
  if (bytes == 0) return cursor;
  const Segment& segment = segments_->at(cursor.next);
  const std::size_t index = index_in(segment, cursor.next);
  const std::size_t limit = limit_in(segment);
  const std::size_t place = segment.begin_of(index) + cursor.sent + bytes;
  SSE_CHECK(place <= segment.end_of(limit - 1));
  if (place == segment.end_of(limit - 1)) return {segment.first() + limit, 0};
  const std::size_t at =
      first_where(index, limit, [&](std::uint64_t i) { return segment.end_of(i) > place; });
  return {segment.first() + at, static_cast<std::uint32_t>(place - segment.begin_of(at))};
}

std::uint64_t View::offset_of(const Cursor& cursor) const {
  const Segment& segment = segments_->at(cursor.next);
  return segment.offset() + segment.begin_of(index_in(segment, cursor.next)) + cursor.sent;
}

std::uint64_t View::bytes_behind(const Cursor& cursor) const {
  if (cursor.next > head_ || first_held() > head_) return 0;
  const Segment& newest = segments_->at(head_);
  const std::uint64_t end = newest.offset() + newest.end_of(index_in(newest, head_));
  return end - offset_of(cursor.next >= first_held() ? cursor : Cursor{first_held(), 0});
}

wire::Sequence View::next_newest(wire::Sequence from, wire::Sequence last) const {
  from = std::max(from, first_held());
  if (from > last) return last + 1;
  if (is_part_) return history_->pairs->next(from, last);
  const auto& slots = segments_->slots;
  for (std::size_t slot = segments_->slot_of(from); from <= last; ++slot) {
    const Segment& segment = *slots[slot].segment;
    const std::size_t limit = std::min(limit_in(segment), index_in(segment, last) + 1);
    const std::size_t found = segment.next_newest(index_in(segment, from), limit);
    from = segment.first() + found;
    if (found < limit) return from;
  }
  return last + 1;
}

wire::Sequence View::next_archived_newest(wire::Sequence from) const {
  return history_->pairs->next(from, first_held() - 1);
}

wire::Sequence View::next_archived_wanted(wire::Sequence from, const Selector& selector,
                                          Budget& budget) const {
  return history_->names->next(from, first_held() - 1, selector, budget);
}

const Segment& View::segment_of(wire::Sequence sequence) const {
  SSE_CHECK(sequence >= first_held() && sequence <= head_);
  return segments_->at(sequence);
}

StoredEvent View::event(wire::Sequence sequence) const {
  const Segment& segment = segment_of(sequence);
  const std::size_t index = index_in(segment, sequence);
  const EventNames names = names_in(segment, index);
  return {segment.id_of(index), block_in(segment, index), names.type, names.topic};
}

std::string_view View::block(wire::Sequence sequence) const {
  const Segment& segment = segment_of(sequence);
  return block_in(segment, index_in(segment, sequence));
}

EventNames View::names(wire::Sequence sequence) const {
  const Segment& segment = segment_of(sequence);
  return names_in(segment, index_in(segment, sequence));
}

// The parts behind it begin at that time or later, so it is the last one that may hold an earlier
// event. What its events say themselves, only a read tells.
std::optional<wire::Sequence> View::archived_since(std::chrono::milliseconds unix_time) const {
  if (!is_archived(tail_)) return std::nullopt;
  const wire::Sequence held = first_held();
  if (held <= head_ && event(held).id.unix_time() < unix_time) return std::nullopt;
  const auto& parts = *history_->parts;
  const auto later = first_where(0, parts.size(), [&](std::uint64_t i) {
    return parts[i].sequence() >= held || parts[i].unix_time() >= unix_time;
  });
  return later == 0 ? tail_ : std::max(tail_, parts[later - 1].sequence());
}

// Ids are in the order of their times, so the nearest ones that are known bound the time.
bool View::may_be_archived(const wire::EventId& id) const {
  const wire::Sequence sequence = id.sequence();
  SSE_CHECK(is_archived(sequence));
  const auto next = history_->part_after(sequence);
  SSE_CHECK(next != history_->parts->begin());
  const wire::EventId& part = *(next - 1);
  const wire::EventId& before = tail_ > part.sequence() ? *history_->oldest : part;
  if (before.sequence() == sequence) return before == id;
  const wire::Sequence held = first_held();
  wire::EventId after = held <= head_ ? event(held).id : head_id_;
  if (next != history_->parts->end() && next->sequence() < held) after = *next;
  return id.unix_time() >= before.unix_time() && id.unix_time() <= after.unix_time();
}

wire::Sequence View::first_since(std::chrono::milliseconds unix_time) const {
  return first_where(std::max(tail_, first_held()), head_ + 1, [&](wire::Sequence sequence) {
    const Segment& segment = segments_->at(sequence);
    return segment.time_of(index_in(segment, sequence)) >= unix_time;
  });
}

}  // namespace sse::log
