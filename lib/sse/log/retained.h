#pragma once

/// \file
/// What a log keeps: its segments, the tail, and the rules that move it.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sse/log/epochs.h"
#include "sse/log/event_log.h"
#include "sse/log/history.h"
#include "sse/log/journal.h"
#include "sse/log/pair_table.h"
#include "sse/log/part.h"
#include "sse/log/segment_table.h"
#include "sse/log/view.h"

namespace sse::log {

/// The part of an EventLog that its lock guards. Thread-compatible.
///
/// The tail is logical: events below it are gone for every reader, though their bytes stay until
/// all of their segment is expired. Bytes are bounded by unlinking whole segments, which moves the
/// tail to the next one; but not past what the journal keeps (load_part(), begin_parts()), which is
/// archived then. There the journal moves the tail (move_tail()). A journal that says where what it
/// keeps begins before a place is taken (KeptHistory::tail) may bound it by another age than the
/// log's: then that alone says what is too old.
class Retained {
 public:
  Retained(const EventLog::Options& options, BootTime now);

  /// REQUIRES: nothing was appended yet.
  void begin(const Origin& origin);

  /// The next parts, in order: see Follower::load_part(). REQUIRES: nothing was appended since
  /// begin() or restart().
  void load_parts(std::span<const KeptPart> parts);
  /// See Follower. REQUIRES: in order, each once.
  void begin_parts(std::span<const wire::EventId> first);
  /// See Follower.
  void move_tail(const Tail& tail);

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

  /// `now`: what the age of an archived event counts to, of which only its id is known.
  LogUsage usage(WallTime now) const;

  /// Memory held by segments that are not unlinked, by pairs and by what is known of the history.
  std::size_t bytes() const {
    return sealed_bytes_ + (active_ ? active_->footprint() : 0) + pair_bytes();
  }

  /// Segments unlinked since the last call: to be freed where no lock is held.
  std::vector<std::shared_ptr<const Segment>> take_unlinked();

 private:
  void make_room(const Entry& event, std::uint64_t pair);
  void start_segment(const wire::EventId& first, BootTime boot);
  void go_on_from(const Origin& origin);
  void cut_after(wire::Sequence head);
  void drop_newest(std::size_t from_slot);
  wire::Sequence told_tail() const;
  void take_told();
  void set_tail(wire::Sequence tail);
  void unlink(std::size_t segments);
  wire::Sequence first_held() const;
  wire::EventId id_of(wire::Sequence held) const;

  void load_history(const KeptHistory& history);
  History& change_history();
  void forget_history();

  void note_newest(const Segment& segment, std::size_t index, std::uint64_t pair,
                   wire::Sequence paired);
  void note_archived(const NewestInPart& newest);
  bool is_of_names(wire::Sequence held, const NewestInPart& newest) const;
  void count_pair(wire::Sequence sequence);
  bool is_same_pair(const Segment& segment, std::size_t index, wire::Sequence other) const;
  void let_go_of_pairs(std::size_t slot);
  void forget_archived_pairs();
  void forget_pairs_up_to(wire::Sequence last);
  void note_names(const KeptPart& part);
  void note_names(std::size_t slot);
  void find_pairs_again();
  wire::Sequence first_paired() const;
  std::size_t pair_bytes() const {
    return pairs_.bytes() + (history_ != nullptr ? history_->bytes() : 0);
  }

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

  std::shared_ptr<const History> history_;  ///< null: the journal keeps nothing else
  std::optional<Tail> told_;                ///< by the journal, last
  bool is_age_told_ = false;                ///< the journal knows what is too old, not the log

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
