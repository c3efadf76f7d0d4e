#include "sse/log/retained.h"

#include <algorithm>
#include <utility>

#include "sse/base/check.h"

namespace sse::log {

Retained::Retained(const EventLog::Options& options, BootTime now)
    : retention_(options.retention),
      segment_size_(options.segment_size),
      max_pairs_(options.max_pairs),
      name_hash_(options.name_hash),
      segments_(std::make_shared<SegmentTable>()),
      boot_(now),
      epochs_(std::make_shared<Epochs>()) {
}

void Retained::begin(const Origin& origin) {
  SSE_CHECK(end_offset_ == 0);
  tail_ = origin.head.sequence() + 1;
  boot_ = BootTime::min();  // what is loaded may be older than this process
  go_on_from(origin);
}

void Retained::go_on_from(const Origin& origin) {
  head_id_ = origin.head;
  head_ = origin.head.sequence();
  epoch_ = origin.epoch;
  auto epochs = std::make_shared<Epochs>(*epochs_);
  for (const EpochStart& start : origin.past) epochs->begin(start.epoch, start.first);
  // Its newest event is not here, so it counts as one that has expired.
  if (head_ > 0 && tail_ > head_) {
    expired_time_ = std::max(expired_time_.value_or(head_id_.unix_time()), head_id_.unix_time());
    if (!epochs->knows(head_id_.epoch())) epochs->begin(head_id_.epoch(), head_);
  }
  epochs->begin(epoch_, head_ + 1);
  epochs_ = std::move(epochs);
}

void Retained::append(const Entry& event, BootTime now) {
  SSE_CHECK(event.id.sequence() == head_ + 1);
  if (event.id.epoch() != epoch_) go_on_from({head_id_, event.id.epoch()});
  boot_ = std::max(boot_, now);
  if (active_ == nullptr || !active_->has_room(event, boot_)) start_segment(event.id, boot_);
  const std::uint32_t pair = PairTable::hash_of(event.type, event.topic);
  make_room(event, pair);
  const wire::Sequence paired = first_paired();
  pairs_.prepare(pair, paired);
  active_->append(event, boot_);
  note_newest(*active_, active_->size() - 1, pair, paired);
  ++head_;
  head_id_ = event.id;
  end_offset_ += event.block.size();
}

void Retained::start_segment(const wire::EventId& first, BootTime boot) {
  // What may find no memory comes first: then nothing here has changed.
  auto next = std::make_shared<Segment>(segment_size_, first, end_offset_, boot, name_hash_);
  auto table = std::make_shared<SegmentTable>(*segments_);
  table->slots.push_back({next->first(), next});
  if (active_ != nullptr) sealed_bytes_ += active_->footprint();
  active_ = std::move(next);
  segments_ = std::move(table);
}

void Retained::restart(const Origin& origin) {
  const wire::Sequence head = origin.head.sequence();
  if (head < head_) cut_after(head);
  if (head > head_) {
    // The order has gone on without us: what we have does not reach it.
    drop_newest(0);
    tail_ = head + 1;
  }
  tail_ = std::min(tail_, head + 1);
  go_on_from(origin);
  find_pairs_again();
  ++generation_;
}

void Retained::cut_after(wire::Sequence head) {
  const auto held = segments_;
  std::size_t slot = 0;
  while (slot < held->slots.size() && last_of(slot) <= head) ++slot;
  const std::shared_ptr<const Segment> cut =
      slot < held->slots.size() ? held->slots[slot].segment : nullptr;
  drop_newest(slot);
  if (cut == nullptr || cut->first() > head) return;
  start_segment(cut->id_of(0), cut->boot_of(0));
  for (std::size_t i = 0; cut->first() + i <= head; ++i) {
    const Entry entry{cut->id_of(i),
                      cut->bytes(cut->begin_of(i), cut->end_of(i)),
                      cut->key_of(i, Kind::kType),
                      cut->key_of(i, Kind::kTopic),
                      {},
                      {}};
    active_->append(entry, cut->boot_of(i));
    end_offset_ += entry.block.size();
  }
}

// From that slot on all of them, the active one too. The offset is that of the first of them.
void Retained::drop_newest(std::size_t from_slot) {
  const auto& slots = segments_->slots;
  if (from_slot >= slots.size()) return;
  auto table = std::make_shared<SegmentTable>();
  table->slots.assign(slots.begin(), slots.begin() + static_cast<std::ptrdiff_t>(from_slot));
  end_offset_ = slots[from_slot].segment->offset();
  for (std::size_t slot = from_slot; slot < slots.size(); ++slot) {
    if (slots[slot].segment != active_) sealed_bytes_ -= slots[slot].segment->footprint();
    unlinked_.push_back(slots[slot].segment);
  }
  active_ = nullptr;  // what is left is sealed
  segments_ = std::move(table);
}

// Before the bytes are written, so that the ceiling holds at every moment.
void Retained::make_room(const Entry& event, std::uint32_t pair) {
  const auto& slots = segments_->slots;
  const std::size_t newest = slots.size() - 1;
  std::size_t needed = bytes() + Segment::growth(event) + pairs_.growth(pair);
  std::size_t oldest = 0;
  for (; oldest < newest && needed > retention_.max_bytes; ++oldest) {
    needed -= slots[oldest].segment->footprint();
  }
  if (oldest == 0) return;
  move_tail(std::max(tail_, slots[oldest].first));
  unlink(oldest);
}

void Retained::expire(BootTime now) {
  boot_ = std::max(boot_, now);
  wire::Sequence tail = tail_;
  if (retention_.max_events != 0 && head_ >= retention_.max_events) {
    tail = std::max(tail, head_ - retention_.max_events + 1);
  }
  const auto& slots = segments_->slots;
  std::size_t gone = 0;
  for (; gone < slots.size(); ++gone) {
    const Segment& segment = *slots[gone].segment;
    const wire::Sequence last = last_of(gone);
    if (last >= tail && !is_expired(segment, last)) {
      for (tail = std::max(tail, segment.first()); is_expired(segment, tail);) ++tail;
      break;
    }
    tail = std::max(tail, last + 1);
  }
  move_tail(tail);
  unlink(gone);
}

bool Retained::is_expired(const Segment& segment, wire::Sequence sequence) const {
  if (retention_.ttl <= std::chrono::nanoseconds::zero()) return false;
  const auto index = static_cast<std::size_t>(sequence - segment.first());
  return boot_ - segment.boot_of(index) >= retention_.ttl;
}

wire::Sequence Retained::last_of(std::size_t slot) const {
  const auto& slots = segments_->slots;
  return slot + 1 < slots.size() ? slots[slot + 1].first - 1 : head_;
}

void Retained::move_tail(wire::Sequence tail) {
  if (tail == tail_) return;
  tail_ = tail;
  const Segment& segment = segments_->at(tail - 1);
  expired_time_ = segment.time_of(static_cast<std::size_t>(tail - 1 - segment.first()));
}

void Retained::unlink(std::size_t segments) {
  if (segments == 0) return;
  const auto& slots = segments_->slots;
  for (std::size_t slot = 0; slot < segments; ++slot) {
    forget_pairs_of(slot);
    if (slots[slot].segment == active_) {
      active_ = nullptr;
    } else {
      sealed_bytes_ -= slots[slot].segment->footprint();
    }
    unlinked_.push_back(slots[slot].segment);
  }
  auto table = std::make_shared<SegmentTable>();
  table->slots.assign(slots.begin() + static_cast<std::ptrdiff_t>(segments), slots.end());
  segments_ = std::move(table);
  for (; segments > 0; --segments) pairs_.sweep(first_paired());
  if (segments_->slots.empty()) pairs_.clear();
}

// Entries of the table below this one are stale.
wire::Sequence Retained::first_paired() const {
  const auto& slots = segments_->slots;
  const wire::Sequence first = slots.empty() ? head_ + 1 : slots.front().first;
  return std::max(first, pairs_forgotten_ + 1);
}

// REQUIRES: pairs_.prepare() was called. Past the limit all pairs become stale at once, which costs
// nothing; bits that stay set after it make readers see an older event of a pair beside the newest.
void Retained::note_newest(const Segment& segment, std::size_t index, std::uint32_t pair,
                           wire::Sequence paired) {
  const wire::Sequence sequence = segment.first() + index;
  const auto is_of_pair = [&](wire::Sequence other) {
    if (other < segment.first()) return is_same_pair(segment, index, other);
    return segment.have_same_names(index, static_cast<std::size_t>(other - segment.first()));
  };
  const wire::Sequence before = pairs_.replace(pair, sequence, paired, is_of_pair);
  if (before != 0) {
    const Segment& its = before < segment.first() ? segments_->at(before) : segment;
    its.set_newest(static_cast<std::size_t>(before - its.first()), false);
    return;
  }
  if (pair_count_ == max_pairs_) {
    pairs_forgotten_ = sequence - 1;
    pair_count_ = 0;
  }
  ++pair_count_;
}

bool Retained::is_same_pair(const Segment& segment, std::size_t index, wire::Sequence other) const {
  const Segment& earlier = segments_->at(other);
  const auto at = static_cast<std::size_t>(other - earlier.first());
  return std::all_of(kKinds.begin(), kKinds.end(), [&](Kind kind) {
    return segment.names(kind).text(segment.name_of(index, kind)) ==
           earlier.names(kind).text(earlier.name_of(at, kind));
  });
}

// Its entries in the table are stale from now on. REQUIRES: it is about to go.
void Retained::forget_pairs_of(std::size_t slot) {
  const Segment& segment = *segments_->slots[slot].segment;
  const wire::Sequence first = std::max(segment.first(), pairs_forgotten_ + 1);
  const wire::Sequence end = last_of(slot) + 1;
  if (first >= end) return;
  pair_count_ -= segment.count_newest(static_cast<std::size_t>(first - segment.first()),
                                      static_cast<std::size_t>(end - segment.first()));
}

// After the log was cut back: the newest event of a pair may be one that was not, and bits were
// set and cleared for events that are gone.
void Retained::find_pairs_again() {
  pairs_.clear();
  pair_count_ = 0;
  pairs_forgotten_ = 0;
  for (std::size_t slot = 0; slot < segments_->slots.size(); ++slot) {
    const Segment& segment = *segments_->slots[slot].segment;
    const auto end = static_cast<std::size_t>(last_of(slot) + 1 - segment.first());
    for (std::size_t i = 0; i < end; ++i) {
      const std::uint32_t pair =
          PairTable::hash_of(segment.key_of(i, Kind::kType), segment.key_of(i, Kind::kTopic));
      const wire::Sequence paired = first_paired();
      pairs_.prepare(pair, paired);
      segment.set_newest(i, true);
      note_newest(segment, i, pair, paired);
    }
  }
}

std::vector<std::shared_ptr<const Segment>> Retained::take_unlinked() {
  return std::exchange(unlinked_, {});
}

LogUsage Retained::usage() const {
  LogUsage usage;
  usage.bytes = bytes();
  usage.events = head_ + 1 - tail_;
  usage.pairs = pair_count_;
  usage.appended = head_;
  usage.appended_bytes = end_offset_;
  if (tail_ <= head_) {
    const Segment& segment = segments_->at(tail_);
    const auto index = static_cast<std::size_t>(tail_ - segment.first());
    usage.oldest_age = std::max(boot_ - segment.boot_of(index), BootTime::duration::zero());
  }
  return usage;
}

View Retained::view() const {
  View view;
  view.segments_ = segments_;
  view.tail_ = tail_;
  view.head_ = head_;
  view.head_id_ = head_id_;
  view.epoch_ = epoch_;
  view.generation_ = generation_;
  view.pairs_forgotten_ = pairs_forgotten_;
  view.epochs_ = epochs_;
  view.expired_time_ = expired_time_;
  return view;
}

}  // namespace sse::log
