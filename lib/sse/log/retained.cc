#include "sse/log/retained.h"

#include <algorithm>
#include <utility>

namespace sse::log {
namespace {

std::chrono::milliseconds unix_time(const Now& now) {
  return std::chrono::floor<std::chrono::milliseconds>(now.wall).time_since_epoch();
}

}  // namespace

Retained::Retained(const EventLog::Options& options, const Now& now)
    : retention_(options.retention),
      segment_size_(options.segment_size),
      epoch_(options.epoch),
      name_hash_(options.name_hash),
      segments_(std::make_shared<SegmentTable>()),
      time_(unix_time(now)),
      boot_(now.boot) {
}

wire::EventId Retained::append(const EncodedEvent& event, const Now& now) {
  time_ = std::max(time_, unix_time(now));
  boot_ = std::max(boot_, now.boot);
  if (active_ == nullptr || !active_->has_room(event, time_, boot_)) start_segment();
  make_room(event);
  const auto id = wire::EventId::make(time_, epoch_, head_ + 1);
  active_->append(event, id, boot_);
  ++head_;
  end_offset_ += event.block.size();
  return id;
}

void Retained::start_segment() {
  // Whatever may find no memory comes first: a publish that fails changes nothing.
  auto next =
      std::make_shared<Segment>(segment_size_, head_ + 1, end_offset_, time_, boot_, name_hash_);
  auto table = std::make_shared<SegmentTable>(*segments_);
  table->slots.push_back({next->first(), next});
  if (active_ != nullptr) sealed_bytes_ += active_->footprint();
  active_ = std::move(next);
  segments_ = std::move(table);
}

// Before the bytes are written, so that the ceiling holds at every moment.
void Retained::make_room(const EncodedEvent& event) {
  const auto& slots = segments_->slots;
  const std::size_t newest = slots.size() - 1;
  std::size_t needed = bytes() + Segment::growth(event);
  std::size_t oldest = 0;
  for (; oldest < newest && needed > retention_.max_bytes; ++oldest) {
    needed -= slots[oldest].segment->footprint();
  }
  if (oldest == 0) return;
  move_tail(std::max(tail_, slots[oldest].first));
  unlink(oldest);
}

void Retained::expire(const Now& now) {
  boot_ = std::max(boot_, now.boot);
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
}

std::vector<std::shared_ptr<const Segment>> Retained::take_unlinked() {
  return std::exchange(unlinked_, {});
}

LogUsage Retained::usage() const {
  LogUsage usage;
  usage.bytes = bytes();
  usage.events = head_ + 1 - tail_;
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
  view.head_time_ = time_;
  view.epoch_ = epoch_;
  view.expired_time_ = expired_time_;
  return view;
}

}  // namespace sse::log
