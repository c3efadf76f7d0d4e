#pragma once

/// \file
/// What a log held at one moment: a snapshot that keeps its segments alive.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "sse/base/budget.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/log/cursor.h"
#include "sse/wire/event_id.h"

namespace sse::log {

class Epochs;
class Segment;
class Selector;
struct History;
struct SegmentTable;

/// One kept event. The views live as long as the View.
struct StoredEvent {
  wire::EventId id;
  std::string_view block;  ///< the whole encoded block, blank line included
  std::string_view type;   ///< never empty: `message` when published without
  std::string_view topic;
};

/// The names of one event. Views of the same.
struct EventNames {
  std::string_view type;
  std::string_view topic;
};

/// A part of the history that a journal keeps and memory does not: see View::part_of().
struct PartRange {
  wire::Sequence first = 0;
  wire::Sequence last = 0;
};

/// An immutable snapshot. Cheap to copy. Thread-safe; holds no lock.
///
/// With a journal that keeps more than memory does, the events from the tail on that come before
/// first_held() are *archived*: an Archive reads the part that they are in, and makes a view of it
/// (is_part()), which holds that part alone.
///
///     |<---- gone ---->|<------------ archived ------------>|<----------- held ----------->|
///                      tail()      part_of(): [mark, mark)  first_held()              head()
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

  /// Whether the event is kept by the journal alone: tail() <= sequence < first_held().
  bool is_archived(wire::Sequence sequence) const {
    return sequence >= tail_ && sequence < first_held();
  }

  /// The oldest sequence that can be read, from memory or from the journal: a subscriber whose next
  /// event is before it is left behind.
  wire::Sequence first_readable() const { return std::min(tail_, first_held()); }

  /// The part that an archived event is in. Its first event names it, as long as the log is not
  /// restarted, and may be before the tail; the last one may be in memory already, and is not above
  /// head(). REQUIRES: is_archived(archived).
  PartRange part_of(wire::Sequence archived) const;

  /// A view of one part, made by an Archive: first_held() and head() are the part's, and what comes
  /// after it is looked up in the view that it was made from, or in a newer one.
  bool is_part() const { return is_part_; }

  /// A view of a part without events, which ends before `next`: for what is sent between events
  /// while a part is read. For a cursor at a boundary.
  View nothing_before(wire::Sequence next) const;

  /// Where the newer half of the segments begins. What is before it is next to go.
  wire::Sequence newer_half() const;

  /// Everything from `cursor` on that lies in one piece: to the end of its segment or of the view.
  /// Empty when the cursor is at the end. Precondition: cursor.next >= first_held().
  std::string_view run(const Cursor& cursor) const { return run(cursor, head_); }
  /// The same, but nothing after the event `last`, which is not above head().
  std::string_view run(const Cursor& cursor, wire::Sequence last) const;

  /// Where `cursor` is after `bytes` more of run(cursor) were sent.
  Cursor advance(const Cursor& cursor, std::size_t bytes) const;

  /// Bytes from `cursor` to the end of the view; of what is held when part of it is gone, or
  /// archived.
  std::uint64_t bytes_behind(const Cursor& cursor) const;

  // The newest of each (type, topic) pair.

  /// The first event in [from, last] after which the log has none of the same type and topic, also
  /// none above head(); last + 1 when there is none. Takes a step for every 64 events passed.
  /// REQUIRES: last <= head().
  wire::Sequence next_newest(wire::Sequence from, wire::Sequence last) const;

  /// The same for archived events, without reading them: the first one from `from` on, or
  /// first_held() when there is none. So a reader of the newest events need not read the parts
  /// before it. Takes a lock. REQUIRES: is_archived(from).
  wire::Sequence next_archived_newest(wire::Sequence from) const;

  /// An archived event, or first_held(), before which, from `from` on, none is wanted: known
  /// without reading them, by the names in the parts (ArchivedNames). Takes a lock, and spends what
  /// it takes. REQUIRES: is_archived(from).
  wire::Sequence next_archived_wanted(wire::Sequence from, const Selector& selector,
                                      Budget& budget) const;

  /// Whether next_newest() finds one event of each pair when it begins at `from`. Else it may find
  /// several, the newest last: the log had more pairs than it tells apart (Options::max_pairs).
  bool tells_pairs_from(wire::Sequence from) const { return from > pairs_forgotten_; }

  // One event. Precondition: first_held() <= sequence <= head().

  StoredEvent event(wire::Sequence sequence) const;
  // A part of it, where no more is needed.
  std::string_view block(wire::Sequence sequence) const;
  EventNames names(wire::Sequence sequence) const;

  // Lookups.

  /// The first held event whose id has this time or a later one; head() + 1 when there is none.
  wire::Sequence first_since(std::chrono::milliseconds unix_time) const;
  /// Where to look for that event when it may be archived: the first event of the part, or the
  /// tail. nullopt: first_since() says it, of this view.
  std::optional<wire::Sequence> archived_since(std::chrono::milliseconds unix_time) const;
  /// Whether an archived event may have this id, of an epoch that gave_out() its sequence: as far
  /// as it is known without reading it. REQUIRES: is_archived(id.sequence()).
  bool may_be_archived(const wire::EventId& id) const;
  /// Time in the id of the newest event that has expired, for "a time is a gap only if something
  /// newer than it has expired".
  std::optional<std::chrono::milliseconds> newest_expired_time() const { return expired_time_; }

 private:
  friend class PartLoads;  // makes views of parts
  friend class Retained;   // makes it
  friend class Selection;  // searches the segments

  /// The segment of an event that is held.
  const Segment& segment_of(wire::Sequence sequence) const;
  /// A view of a part: the events of these segments up to `last`, but none that is held here.
  View part(std::shared_ptr<const SegmentTable> segments, wire::Sequence last) const;

  /// The index after the last event of `segment` that belongs to this view.
  std::size_t limit_in(const Segment& segment) const;
  /// How many bytes of blocks the log ever had before `cursor`.
  std::uint64_t offset_of(const Cursor& cursor) const;

  std::shared_ptr<const SegmentTable> segments_;  ///< may hold newer events than head_
  wire::Sequence tail_ = 1;
  wire::Sequence head_ = 0;
  wire::EventId head_id_;
  wire::Epoch epoch_ = 0;
  bool is_part_ = false;
  std::uint64_t generation_ = 0;
  wire::Sequence pairs_forgotten_ = 0;
  std::shared_ptr<const Epochs> epochs_;
  std::shared_ptr<const History> history_;  ///< null: nothing is archived
  std::optional<std::chrono::milliseconds> expired_time_;
};

}  // namespace sse::log
