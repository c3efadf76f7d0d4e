#pragma once

/// \file
/// What a log keeps: its segments, the tail, and the rules that move it.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sse/log/event_log.h"
#include "sse/log/segment_table.h"
#include "sse/log/view.h"

namespace sse::log {

/// The part of an EventLog that its lock guards. Thread-compatible.
///
/// The tail is logical: events below it are gone for everybody, though their bytes stay until all
/// of their segment is expired. Bytes are bounded by unlinking whole segments, which moves the tail
/// to the next one.
class Retained {
 public:
  Retained(const EventLog::Options& options, const Now& now);

  /// Gives `event` the next id and keeps it. Preconditions: it fits a segment; sequence left.
  wire::EventId append(const EncodedEvent& event, const Now& now);

  /// Applies age and count, and unlinks segments that are expired as a whole.
  void expire(const Now& now);

  View view() const;
  wire::Sequence head() const { return head_; }

  LogUsage usage() const;

  /// Memory held by segments that are not unlinked.
  std::size_t bytes() const { return sealed_bytes_ + (active_ ? active_->footprint() : 0); }

  /// Segments unlinked since the last call: to be freed where no lock is held.
  std::vector<std::shared_ptr<const Segment>> take_unlinked();

 private:
  void make_room(const EncodedEvent& event);
  void start_segment();
  void move_tail(wire::Sequence tail);
  void unlink(std::size_t segments);
  bool is_expired(const Segment& segment, wire::Sequence sequence) const;
  wire::Sequence last_of(std::size_t slot) const;

  const Retention retention_;
  const std::size_t segment_size_;
  const wire::Epoch epoch_;
  const KeyedHash name_hash_;

  std::shared_ptr<const SegmentTable> segments_;
  std::shared_ptr<Segment> active_;  ///< the newest segment of the table; null when it has none
  std::size_t sealed_bytes_ = 0;     ///< footprints of the others
  std::vector<std::shared_ptr<const Segment>> unlinked_;

  wire::Sequence tail_ = 1;
  wire::Sequence head_ = 0;
  std::uint64_t end_offset_ = 0;    ///< bytes of blocks ever appended
  std::chrono::milliseconds time_;  ///< in the newest id; never runs backwards
  BootTime boot_;                   ///< the newest moment heard of
  std::optional<std::chrono::milliseconds> expired_time_;
};

}  // namespace sse::log
