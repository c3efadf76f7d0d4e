#pragma once

/// \file
/// What streams of one group are sent in a slot: gathered and framed once for all of them.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/budget.h"
#include "sse/log/cursor.h"
#include "sse/log/view.h"
#include "sse/net/socket.h"
#include "sse/wire/event_id.h"

namespace sse::hub {

class Filter;

/// A copy of the newest events of a range of the log and the id-only block of its end, as one text.
/// Gathering a hundred events for each stream would take longer than sending them, and they are
/// more pieces than one write can have. Loop-affine.
class SharedRound {
 public:
  /// A larger round is not shared, nor one that takes longer to gather: each stream then reads it
  /// from the log, in parts.
  static constexpr std::size_t kMostBytes = std::size_t{256} << 10U;
  static constexpr std::uint64_t kMostSteps = Budget::kStepsPerMillisecond / 2;

  /// What a round is made of.
  struct Range {
    const void* group = nullptr;     ///< names the filter; null: no range
    const Filter* filter = nullptr;  ///< null: everything is wanted
    wire::Sequence from = 0;
    wire::EventId end;
  };

  /// Gathers the round, unless it is the same range as before. False: it cannot be shared.
  /// REQUIRES: the range is held by the view.
  bool gather(const Range& range, const log::View& view, Budget& budget);
  /// The group or its filter is gone: what comes at the same address is another range.
  void forget() { range_ = {}; }

  /// Wanted events of the range, newest of their pair or not, as far as gathering came.
  std::uint64_t wanted() const { return wanted_; }
  /// Gathering came to the end, and no event of the range is wanted.
  bool has_nothing() const { return is_counted_ && wanted_ == 0; }
  /// Empty: no event of the range is wanted and the newest of its pair.
  std::string_view text() const { return text_; }
  /// The text to write: it is framed once, for all streams.
  net::SharedRun& run() {
    run_.share(text_);
    return run_;
  }
  const wire::EventId& end() const { return range_.end; }

  /// Where a reader stands that was given the first bytes of the text.
  struct Stop {
    log::Cursor cursor;        ///< past the end once it has all events
    std::uint64_t events = 0;  ///< that it has whole
  };
  Stop stop_after(std::size_t bytes) const;

  /// How often a round was gathered.
  std::uint64_t gathers() const { return gathers_; }

 private:
  struct Piece {
    wire::Sequence sequence;
    std::size_t end;  // in the text
  };

  bool gather_all(const log::View& view, Budget& budget);
  bool gather_wanted(const log::View& view, Budget& budget);
  bool add(const log::View& view, wire::Sequence sequence, Budget& budget);

  Range range_;
  bool is_shareable_ = false;
  std::uint64_t wanted_ = 0;
  bool is_counted_ = false;  // gathering came to the end
  std::string text_;
  std::vector<Piece> pieces_;  // an event each, in order
  net::SharedRun run_;
  std::uint64_t gathers_ = 0;
};

}  // namespace sse::hub
