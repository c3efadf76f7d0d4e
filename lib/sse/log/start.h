#pragma once

/// \file
/// From what a subscriber asks for ("after this id", "since five minutes ago") to a cursor, and to
/// what it missed. The same for streams and for polling.

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/log/view.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// Positions that can be asked for.
struct FromLatest {};
struct FromEarliest {};
struct FromLast {
  std::uint64_t events = 0;
};
struct FromTime {
  WallTime time;
};
/// After this id. Any text: one that is not an id of this log is a gap, not an error.
struct AfterId {
  std::string id;
};
/// The newest event of each (type, topic) pair, of all that are kept, or of those after this id if
/// it has one; then everything.
struct NewestOfEach {
  std::string after;  ///< as AfterId::id; empty: of all
};
using StartRequest =
    std::variant<FromLatest, FromEarliest, FromLast, FromTime, AfterId, NewestOfEach>;

/// Reads the `since` parameter: `earliest`, `latest`, `each`, `-N`, a duration with a unit, RFC
/// 3339, `@epoch` (seconds, fractions allowed), or an id (any UUID). Error: kInvalid with all the
/// forms.
SSE_EXPORT Result<StartRequest> parse_since(std::string_view text, const Now& now);

enum class GapReason { kExpired, kUnknown, kOtherStream };
inline constexpr std::array kGapReasons = {GapReason::kExpired, GapReason::kUnknown,
                                           GapReason::kOtherStream};
SSE_EXPORT std::string_view to_string(GapReason reason);  // expired, unknown, other-stream

/// What a subscriber cannot have any more.
struct Gap {
  std::string requested;  ///< as asked for: an id, `-N`, or the `since` time in RFC 3339
  wire::EventId oldest;   ///< where the stream goes on
  std::optional<std::uint64_t>
      missed;  ///< log events, before filtering; nullopt when it cannot be known
  GapReason reason = GapReason::kUnknown;
};

/// Where a subscriber starts.
struct Start {
  Cursor cursor;
  bool position_asked = false;  ///< anything but `latest`: decides whether SSE-Resume is sent
  std::optional<Gap> gap;
  bool newest_of_each = false;  ///< up to the head of the view, conflated; then everything
  /// The cursor is at an archived event, and of the part that it is in those before this time in
  /// unix milliseconds are to be passed over: View::first_since() of the part's view says which.
  std::optional<std::chrono::milliseconds> not_before = {};
};

/// Reads no disk. Never fails: what is gone starts at the oldest event there is, with a Gap.
///
///     latest        after the head. Never a gap
///     earliest      the tail. Never a gap
///     -N            the last N events; a gap, exactly counted, when some of them have expired
///     a time        the first event of that millisecond or later; a gap, not counted, when one
///                   of that millisecond or later has expired. When the journal alone has that
///                   event: the part that it is in, with Start::not_before
///     an id         the event after it. A gap when events between the two have expired (exactly
///                   counted), or when it is not an id of this log: an epoch that the log never
///                   had is other-stream; anything else is unknown, also an id that differs in any
///                   bit from the event's (of an archived event, whose id is not read, in time by
///                   more than the parts tell), or a sequence outside the range of its epoch (the
///                   log was restarted before it). The origin (sequence 0) is a position of its log
///     newest of     the tail, or the event after the id when that is a position with no gap.
///     each          Never a gap: of a pair, the newest event says it all
SSE_EXPORT Start locate(const View& view, const StartRequest& request);

}  // namespace sse::log
