#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "sse/base/budget.h"
#include "sse/log/cursor.h"
#include "sse/log/end_mark.h"
#include "sse/log/next_write.h"
#include "sse/log/selection.h"
#include "sse/log/view.h"

namespace sse::log {

/// The position of a reader that sends some events of the log, each a piece of a write.
/// Loop-affine.
class EventPieces {
 public:
  /// `selector`: see EndMark. The same in gather().
  EventPieces(const Cursor& cursor, wire::Sequence announced, const Selector* selector)
      : cursor_(cursor), announced_(announced), end_(selector) {}

  /// Where it is: at an event, or before events that may not be sent.
  const Cursor& cursor() const { return cursor_; }

  /// The event whose id the peer knows last.
  wire::Sequence announced() const { return announced_; }
  /// The peer was sent an id in another way.
  void announce(wire::Sequence sequence) { announced_ = sequence; }

  /// The last event that is wanted was taken, all but its blank line (see EndMark). It is the one
  /// before the cursor, and gather() adds nothing more.
  bool has_ended() const { return end_.is_before(cursor_.next); }

  /// Adds what comes next to `write`: an event a piece, up to its room, to the event `last` and to
  /// the end. `next_wanted`: from a sequence to a NextWanted. When that is cut, so is the write,
  /// which may be empty. `budget`: spends what asking for the end takes. REQUIRES: cursor().next >=
  /// view.first_held() or has_ended(), last <= view.head().
  template <typename NextWantedFrom>
  void gather(const View& view, wire::Sequence last, NextWrite& write, const Selector* selector,
              Budget& budget, NextWantedFrom next_wanted) {
    write.first_event = write.pieces().size();
    wire::Sequence next = cursor_.next;
    end_.forget_after(next);
    last = end_.bound(last);
    if (!cursor_.at_boundary()) {
      write.add_event(next, end_.see(selector, view, next, budget).substr(cursor_.sent));
      last = end_.bound(last);
      ++next;
    }
    while (next <= last && write.has_room()) {
      const NextWanted wanted = next_wanted(next);
      next = std::min(wanted.sequence, last + 1);
      if (wanted.is_cut()) {
        write.is_cut = next <= last;
        break;
      }
      if (next > last) break;
      write.add_event(next, end_.see(selector, view, next, budget));
      last = end_.bound(last);
      ++next;
    }
    write.searched_to = next;
  }

  /// The first `bytes` that gather() added to `write` were taken. Returns how many events that
  /// completed. Call it after an empty write, too: the cursor then passes what is not wanted.
  std::uint64_t consume(const NextWrite& write, std::size_t bytes);

  /// Nothing before `next` is wanted. REQUIRES: the cursor is at a boundary.
  void skip_to(wire::Sequence next) {
    if (cursor_.next >= next) return;
    end_.forget_after(cursor_.next);
    cursor_.next = next;
  }
  /// Moves to `cursor`: what was sent up to there was not gathered here.
  void stand_at(const Cursor& cursor) { cursor_ = cursor; }

 private:
  Cursor cursor_;
  wire::Sequence announced_;
  EndMark end_;
};

}  // namespace sse::log
