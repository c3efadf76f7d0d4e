#pragma once

/// \file
/// What a stream carries in addition to events: the hub's own lines (docs/stream.md).

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "sse/hub/counts.h"
#include "sse/log/start.h"
#include "sse/wire/event_id.h"

namespace sse::hub {

// No blank line stands behind a comment or a `retry:` alone: some clients dispatch an empty message
// for it. These lines are simply the first ones of the block that comes next.

/// A comment: keeps middleboxes and read timeouts quiet, means nothing.
inline constexpr std::string_view kHeartbeatComment = ":\n";

/// A comment of at least `bytes` bytes: of exactly as many, or of two where that is less.
std::string comment_of(std::size_t bytes);

/// `retry:` and a comment, the first lines of a stream.
std::string greeting(std::chrono::milliseconds reconnection_time);

/// `{"requested","oldest","missed","reason"}`: the data of sse.gap.
std::string gap_json(const log::Gap& gap);

/// `event: sse.gap`: what the subscriber cannot have any more, and where the stream goes on.
std::string gap_block(const log::Gap& gap);

/// `event: sse.closing`: why the stream ends, and when to come back.
std::string closing_block(CloseReason reason, std::chrono::milliseconds reconnection_time);

/// The rest of a stream behind its last event, of which the blank line is missing (log::EndMark):
/// the id that says that nothing follows, which becomes this event's, and `sse.closing`.
std::string end_text(const wire::EventId& last, std::chrono::milliseconds reconnection_time);

}  // namespace sse::hub
