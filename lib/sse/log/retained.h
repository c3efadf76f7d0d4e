#pragma once

/// \file
/// What a log keeps: its segments, the tail, and the rules that move it.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sse/log/epochs.h"
#include "sse/log/event_log.h"
#include "sse/log/journal.h"
#include "sse/log/pair_table.h"
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
  Retained(const EventLog::Options& options, BootTime now);

  /// REQUIRES: nothing was appended yet.
  void begin(const Origin& origin);

  /// Keeps `event`. REQUIRES: its id is the next one, it fits a segment.
  void append(const Entry& event, BootTime now);

  /// Forgets what came after `origin`. Segments are never changed, since views read them: what is
  /// left of the one that the origin is in is copied.
  void restart(const Origin& origin);

  /// Applies age and count, and unlinks segments that are expired as a whole.
  void expire(BootTime now);

  View view() const;
  wire::Sequence head() const { return head_; }
  std::uint64_t generation() const { return generation_; }

  LogUsage usage() const;

  /// Memory held by segments that are not unlinked, and by pairs.
  std::size_t bytes() const {
    return sealed_bytes_ + (active_ ? active_->footprint() : 0) + pairs_.bytes();
  }

  /// Segments unlinked since the last call: to be freed where no lock is held.
  std::vector<std::shared_ptr<const Segment>> take_unlinked();

 private:
  void make_room(const Entry& event, std::uint32_t pair);
  void start_segment(const wire::EventId& first, BootTime boot);
  void go_on_from(const Origin& origin);
  void cut_after(wire::Sequence head);
  void drop_newest(std::size_t from_slot);
  void move_tail(wire::Sequence tail);
  void unlink(std::size_t segments);

  void note_newest(const Segment& segment, std::size_t index, std::uint32_t pair,
                   wire::Sequence paired);
  bool is_same_pair(const Segment& segment, std::size_t index, wire::Sequence other) const;
  void forget_pairs_of(std::size_t slot);
  void find_pairs_again();
  wire::Sequence first_paired() const;

  bool is_expired(const Segment& segment, wire::Sequence sequence) const;
  wire::Sequence last_of(std::size_t slot) const;

  const Retention retention_;
  const std::size_t segment_size_;
  const std::size_t max_pairs_;
  const KeyedHash name_hash_;

  std::shared_ptr<const SegmentTable> segments_;
  std::shared_ptr<Segment> active_;  ///< the newest segment of the table; null when it has none
  std::size_t sealed_bytes_ = 0;     ///< footprints of the others
  std::vector<std::shared_ptr<const Segment>> unlinked_;

  PairTable pairs_;
  std::size_t pair_count_ = 0;          ///< bits of newest events after pairs_forgotten_
  wire::Sequence pairs_forgotten_ = 0;  ///< pairs of events up to this one are not in the table

  wire::Sequence tail_ = 1;
  wire::Sequence head_ = 0;
  std::uint64_t end_offset_ = 0;  ///< bytes of blocks ever appended
  BootTime boot_;                 ///< the newest moment heard of
  wire::EventId head_id_;
  wire::Epoch epoch_ = 0;
  std::uint64_t generation_ = 0;
  std::shared_ptr<const Epochs> epochs_;
  std::optional<std::chrono::milliseconds> expired_time_;
};

}  // namespace sse::log
