#pragma once

#include <algorithm>
#include <limits>
#include <string_view>

#include "sse/base/budget.h"
#include "sse/log/selection.h"
#include "sse/log/view.h"

namespace sse::log {

/// Where a reader ends: at the first event that it sends whose type ends the selection
/// (Selector::ends()). A reader shows it each event that it gathers, and gathers nothing past
/// bound(). Of the last event it gathers all but the blank line: the id that says that nothing
/// follows (wire::done_id()) becomes part of the block, so that a peer has both or neither,
/// wherever its connection is cut. Costs nothing for a selector that never ends. Loop-affine.
class EndMark {
 public:
  /// `selector`: null when everything is wanted, without end. The same in see().
  explicit EndMark(const Selector* selector)
      : at_(selector != nullptr && selector->may_end() ? kNotSeen : kNever) {}

  /// The last event that may be gathered, of those up to `last`.
  wire::Sequence bound(wire::Sequence last) const { return std::min(last, at_); }

  /// The event `sequence` is gathered next: what is gathered of it. Spends what asking about its
  /// type takes.
  std::string_view see(const Selector* selector, const View& view, wire::Sequence sequence,
                       Budget& budget) {
    if (at_ == kNotSeen) {
      const std::string_view type = view.names(sequence).type;
      budget.spend(selector->ending_cost().steps_for(type.size()));
      if (selector->ends(type)) at_ = sequence;
    }
    std::string_view block = view.block(sequence);
    if (at_ == sequence) block.remove_suffix(1);
    return block;
  }

  /// Forgets an end at `next` or later: that event was gathered, but not taken whole, and a
  /// conflated reader may send a newer one instead.
  void forget_after(wire::Sequence next) {
    if (at_ < kNotSeen && next <= at_) at_ = kNotSeen;
  }

  /// Whether a reader at the boundary before `next` has read the end.
  bool is_before(wire::Sequence next) const { return at_ < next; }

 private:
  // Both are larger than every sequence. One word: a filtered stream has no room for another.
  static constexpr wire::Sequence kNever = std::numeric_limits<wire::Sequence>::max();
  static constexpr wire::Sequence kNotSeen = kNever - 1;

  wire::Sequence at_;
};

}  // namespace sse::log
