#include "sse/log/retained.h"

#include <algorithm>
#include <utility>

#include "sse/base/check.h"

namespace sse::log {
namespace {

// Of the memory of the log, at most, for what is known of the names of archived events.
constexpr std::size_t kShareOfNames = 16;

}  // namespace

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
  load_history(origin.history);
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

void Retained::load_history(const KeptHistory& history) {
  is_age_told_ |= history.tail.has_value();
  if (history.parts.empty()) return;
  if (history.tail) move_tail(*history.tail);
  load_parts(history.parts);
}

void Retained::load_parts(std::span<const KeptPart> parts) {
  if (parts.empty()) return;
  SSE_CHECK(parts.back().last <= head_);
  std::vector<wire::EventId> first;
  first.reserve(parts.size());
  for (const KeptPart& part : parts) first.push_back(part.first);
  if (history_ == nullptr) {
    const wire::EventId& oldest = first.front();
    tail_ = oldest.sequence();
    expired_time_.reset();
    if (tail_ > 1) expired_time_ = oldest.unix_time();  // the latest that it may be
    begin_parts(first);
    change_history().oldest = oldest;
    if (told_) move_tail(*told_);
  } else {
    begin_parts(first);
  }
  for (const KeptPart& part : parts) {
    if (part.known == KnownNames::kNone) forget_pairs_up_to(std::min(part.last, first_held() - 1));
    for (const NewestInPart& newest : part.newest) note_archived(newest);
    if (part.known == KnownNames::kAll) note_names(part);
  }
}

// Views share the parts, so they are copied: 16 bytes each, once a call.
void Retained::begin_parts(std::span<const wire::EventId> first) {
  if (first.empty()) return;
  auto parts = std::make_shared<History::Parts>();
  if (history_ != nullptr) {
    auto kept = history_->part_after(tail_);
    if (kept != history_->parts->begin()) --kept;  // the part that the tail is in
    parts->assign(kept, history_->parts->end());
  }
  for (const wire::EventId& part : first) {
    SSE_CHECK(parts->empty() || part.sequence() > parts->back().sequence());
    parts->push_back(part);
  }
  change_history().parts = std::move(parts);
}

void Retained::move_tail(const Tail& tail) {
  told_ = tail;
  set_tail(told_tail());
  if (tail_ == tail.oldest.sequence() && tail_ < first_held()) take_told();
}

void Retained::take_told() {
  if (told_->gone) expired_time_ = told_->gone;
  if (history_ != nullptr) change_history().oldest = told_->oldest;
}

// What is reported may be ahead of what has been added.
wire::Sequence Retained::told_tail() const {
  return told_ ? std::max(tail_, std::min(told_->oldest.sequence(), head_ + 1)) : tail_;
}

// REQUIRES: no View has what was made last.
History& Retained::change_history() {
  auto history = history_ ? std::make_shared<History>(*history_) : std::make_shared<History>();
  if (history->names == nullptr) {
    const std::size_t most = retention_.max_bytes / kShareOfNames;
    history->names = std::make_shared<ArchivedNames>(name_hash_, most);
  }
  History& changed = *history;
  history_ = std::move(history);
  return changed;
}

// What was archived is gone.
void Retained::forget_history() {
  history_.reset();
  told_.reset();
  const wire::Sequence held = first_held();
  if (tail_ >= held) return;
  const auto latest = (held <= head_ ? id_of(held) : head_id_).unix_time();
  expired_time_ = std::max(expired_time_.value_or(latest), latest);
  tail_ = held;
}

void Retained::append(const Entry& event, BootTime now) {
  SSE_CHECK(event.id.sequence() == head_ + 1);
  if (event.id.epoch() != epoch_) go_on_from({head_id_, event.id.epoch()});
  boot_ = std::max(boot_, now);
  if (active_ == nullptr || !active_->has_room(event, boot_)) start_segment(event.id, boot_);
  const std::uint64_t pair = PairTable::hash_of(event.type, event.topic);
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
  forget_history();
  find_pairs_again();
  load_history(origin.history);
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
void Retained::make_room(const Entry& event, std::uint64_t pair) {
  const std::size_t growth = Segment::growth(event) + pairs_.growth(pair);
  std::size_t needed = bytes() + growth;
  if (needed <= retention_.max_bytes) return;
  if (history_ != nullptr && pair_bytes() > retention_.max_bytes / 4) {
    forget_archived_pairs();
    needed = bytes() + growth;
  }
  const auto& slots = segments_->slots;
  const std::size_t newest = slots.size() - 1;
  std::size_t oldest = 0;
  for (; oldest < newest && needed > retention_.max_bytes; ++oldest) {
    needed -= slots[oldest].segment->footprint();
  }
  if (oldest == 0) return;
  const wire::Sequence held = slots[oldest].first;
  const wire::Sequence kept = history_ != nullptr ? std::min(history_->first(), held) : held;
  set_tail(std::max(tail_, kept));
  unlink(oldest);
}

void Retained::expire(BootTime now) {
  boot_ = std::max(boot_, now);
  wire::Sequence tail = told_tail();
  if (retention_.max_events != 0 && head_ >= retention_.max_events) {
    const wire::Sequence oldest = head_ - retention_.max_events + 1;
    if (oldest >= first_held()) tail = std::max(tail, oldest);
  }
  const auto& slots = segments_->slots;
  std::size_t gone = 0;
  for (; gone < slots.size(); ++gone) {
    const Segment& segment = *slots[gone].segment;
    const wire::Sequence last = last_of(gone);
    if (last >= tail && !is_expired(segment, last)) {
      // What is archived has expired when something held has, and only then: the journal says more.
      for (auto i = std::max(tail, segment.first()); is_expired(segment, i); ++i) tail = i + 1;
      break;
    }
    tail = std::max(tail, last + 1);
  }
  set_tail(tail);
  unlink(gone);
}

bool Retained::is_expired(const Segment& segment, wire::Sequence sequence) const {
  if (is_age_told_ || retention_.ttl <= std::chrono::nanoseconds::zero()) return false;
  const auto index = static_cast<std::size_t>(sequence - segment.first());
  return boot_ - segment.boot_of(index) >= retention_.ttl;
}

wire::Sequence Retained::last_of(std::size_t slot) const {
  const auto& slots = segments_->slots;
  return slot + 1 < slots.size() ? slots[slot + 1].first - 1 : head_;
}

wire::Sequence Retained::first_held() const {
  const auto& slots = segments_->slots;
  return slots.empty() ? head_ + 1 : slots.front().first;
}

wire::EventId Retained::id_of(wire::Sequence held) const {
  const Segment& segment = segments_->at(held);
  return segment.id_of(static_cast<std::size_t>(held - segment.first()));
}

void Retained::set_tail(wire::Sequence tail) {
  if (tail == tail_) return;
  tail_ = tail;
  if (tail > first_held()) {
    expired_time_ = id_of(tail - 1).unix_time();
  } else if (told_) {
    take_told();
  }
  if (history_ == nullptr) return;
  pair_count_ -= history_->pairs->forget_before(tail);
  history_->names->forget_before(tail);
  pairs_.sweep(first_paired());
}

// REQUIRES: the tail is where it should be. What of them it is before is archived from now on.
void Retained::unlink(std::size_t segments) {
  if (segments == 0) return;
  const auto& slots = segments_->slots;
  if (tail_ <= last_of(segments - 1) && tail_ >= first_held()) {
    change_history().oldest = id_of(tail_);
  }
  for (std::size_t slot = 0; slot < segments; ++slot) {
    let_go_of_pairs(slot);
    note_names(slot);
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

std::vector<std::shared_ptr<const Segment>> Retained::take_unlinked() {
  return std::exchange(unlinked_, {});
}

LogUsage Retained::usage(WallTime now) const {
  LogUsage usage;
  usage.bytes = bytes();
  usage.events = head_ + 1 - tail_;
  usage.pairs = pair_count_;
  usage.appended = head_;
  usage.appended_bytes = end_offset_;
  BootTime::duration age(0);
  if (tail_ < first_held()) {
    age = now - WallTime(history_->oldest->unix_time());
  } else if (tail_ <= head_) {
    const Segment& segment = segments_->at(tail_);
    age = boot_ - segment.boot_of(static_cast<std::size_t>(tail_ - segment.first()));
  }
  usage.oldest_age = std::max(age, BootTime::duration::zero());
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
  view.history_ = history_;
  view.expired_time_ = expired_time_;
  return view;
}

}  // namespace sse::log
