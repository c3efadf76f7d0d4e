#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sse/base/budget.h"
#include "sse/base/export.h"
#include "sse/log/end_mark.h"
#include "sse/log/next_write.h"
#include "sse/log/search.h"
#include "sse/log/view.h"

namespace sse::log {

/// Reads the events of the log that a selector wants. Loop-affine.
class SSE_EXPORT FilteredReader {
 public:
  /// `announced`: see below.
  FilteredReader(std::unique_ptr<const Selector> selector, const Cursor& cursor,
                 wire::Sequence announced)
      : selector_(std::move(selector)),
        search_(*selector_),
        end_(*selector_),
        cursor_(cursor),
        announced_(announced) {}

  /// Where it is: at an event, or before events that may not be wanted.
  const Cursor& cursor() const { return cursor_; }
  const Selector& selector() const { return *selector_; }

  /// The last event that the selector wants was taken, but for its blank line (see EndMark). It is
  /// the one before the cursor, and gather() adds nothing more.
  bool has_ended() const { return end_.is_before(cursor_.next); }

  /// The event whose id the peer knows last.
  wire::Sequence announced() const { return announced_; }
  /// The peer was told an id in another way.
  void announce(wire::Sequence sequence) { announced_ = sequence; }

  /// Adds what comes next to `write`: an event a piece, up to its room, to the event `last`
  /// and to the end. When the budget is spent before, the write is cut, and may be empty. REQUIRES:
  /// cursor().next >= view.first_held() or has_ended(), last <= view.head().
  void gather(const View& view, wire::Sequence last, NextWrite& write, Budget& budget);

  /// The first `bytes` that gather() added to `write` were taken. Also after an empty write: the
  /// cursor passes what is not wanted. The number of events that were completed.
  std::uint64_t consume(const NextWrite& write, std::size_t bytes);

  /// Nothing before `next` is wanted. REQUIRES: the cursor is at a boundary.
  void skip_to(wire::Sequence next) {
    if (cursor_.next < next) cursor_.next = next;
  }

  /// It has come to the head: gives its memory back, until it searches again.
  void rest() { search_.rest(); }

  /// What its search holds beside it; see Search::bytes().
  std::size_t bytes() const { return search_.bytes(); }

 private:
  const std::unique_ptr<const Selector> selector_;
  Search search_;
  EndMark end_;
  Cursor cursor_;
  wire::Sequence announced_;
};

}  // namespace sse::log
