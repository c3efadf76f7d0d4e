#pragma once

/// \file
/// What a log held at one moment: a snapshot that keeps its segments alive.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/log/cursor.h"
#include "sse/wire/event_id.h"

namespace sse::log {

class Epochs;
class Segment;
struct SegmentTable;

/// One kept event. The views live as long as the View.
struct StoredEvent {
  wire::EventId id;
  std::string_view block;  ///< the whole encoded block, blank line included
  std::string_view type;   ///< never empty: `message` when published without
  std::string_view topic;
};

/// An immutable snapshot. Cheap to copy. Thread-safe; holds no lock.
class SSE_EXPORT View {
 public:
  /// Of no log: empty. To be assigned to.
  View() = default;

  /// The oldest sequence that is not expired; head() + 1 when nothing is kept.
  wire::Sequence tail() const { return tail_; }
  /// The newest sequence; 0 when nothing was ever published.
  wire::Sequence head() const { return head_; }
  /// The newest event's own id, or the origin's (sequence 0) when there has been none.
  const wire::EventId& head_id() const { return head_id_; }
  /// Of the next event; older ones may have others.
  wire::Epoch epoch() const { return epoch_; }
  /// How often the log was restarted. Positions of views of different generations do not compare.
  std::uint64_t generation() const { return generation_; }

  /// Whether ids of this epoch were ever this log's, and whether this one was.
  bool knows_epoch(wire::Epoch epoch) const;
  bool gave_out(wire::Epoch epoch, wire::Sequence sequence) const;
  bool empty() const { return tail() > head(); }

  /// The id of the oldest kept event, or of the head when nothing is kept: what `sse.gap` calls
  /// oldest.
  wire::EventId oldest_id() const;

  // Delivery. A sequence below first_held() has no bytes any more.

  /// The oldest sequence whose bytes are still here (may be below tail(): expired, not yet
  /// reclaimed).
  wire::Sequence first_held() const;

  /// Where the newer half of the segments begins. What is before it is next to go.
  wire::Sequence newer_half() const;

  /// Everything from `cursor` on that lies in one piece: to the end of its segment or of the view.
  /// Empty when the cursor is at the end. Precondition: cursor.next >= first_held().
  std::string_view run(const Cursor& cursor) const { return run(cursor, head_); }
  /// The same, but nothing after the event `last`, which is not above head().
  std::string_view run(const Cursor& cursor, wire::Sequence last) const;

  /// Where `cursor` is after `bytes` more of run(cursor) were sent.
  Cursor advance(const Cursor& cursor, std::size_t bytes) const;

  /// Bytes from `cursor` to the end of the view; of what is left when part of it is gone.
  std::uint64_t bytes_behind(const Cursor& cursor) const;

  // The newest of each (type, topic) pair.

  /// The first event in [from, last] after which the log has none of the same type and topic, also
  /// none above head(); last + 1 when there is none. Takes a step for every 64 events passed.
  /// REQUIRES: last <= head().
  wire::Sequence next_newest(wire::Sequence from, wire::Sequence last) const;

  /// Whether next_newest() finds one event of each pair when it begins at `from`. Else it may find
  /// several, the newest last: the log had more pairs than it tells apart (Options::max_pairs).
  bool tells_pairs_from(wire::Sequence from) const { return from > pairs_forgotten_; }

  /// One event. Precondition: first_held() <= sequence <= head().
  StoredEvent event(wire::Sequence sequence) const;

  // Lookups.

  /// The first kept event whose id has this time or a later one; head() + 1 when there is none.
  wire::Sequence first_since(std::chrono::milliseconds unix_time) const;
  /// Time in the id of the newest event that has expired, for "a time is a gap only if something
  /// newer than it has expired".
  std::optional<std::chrono::milliseconds> newest_expired_time() const { return expired_time_; }

 private:
  friend class Retained;   // makes it
  friend class Selection;  // searches the segments

  /// The index after the last event of `segment` that belongs to this view.
  std::size_t limit_in(const Segment& segment) const;
  /// How many bytes of blocks the log ever had before `cursor`.
  std::uint64_t offset_of(const Cursor& cursor) const;

  std::shared_ptr<const SegmentTable> segments_;  ///< may hold newer events than head_
  wire::Sequence tail_ = 1;
  wire::Sequence head_ = 0;
  wire::EventId head_id_;
  wire::Epoch epoch_ = 0;
  std::uint64_t generation_ = 0;
  wire::Sequence pairs_forgotten_ = 0;
  std::shared_ptr<const Epochs> epochs_;
  std::optional<std::chrono::milliseconds> expired_time_;
};

}  // namespace sse::log
