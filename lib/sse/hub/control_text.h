#pragma once

/// \file
/// What the hub itself says in a stream, besides events (docs/stream.md).

#include <chrono>
#include <string>
#include <string_view>

#include "sse/hub/counts.h"
#include "sse/log/start.h"

namespace sse::hub {

/// A comment and a blank line: keeps middleboxes and read timeouts quiet, means nothing.
inline constexpr std::string_view kHeartbeatComment = ":\n\n";

/// `retry:` and a comment, the first block of a stream.
std::string greeting(std::chrono::milliseconds reconnection_time);

/// `{"requested","oldest","missed","reason"}`: the data of sse.gap.
std::string gap_json(const log::Gap& gap);

/// `event: sse.gap`: what the subscriber cannot have any more, and where the stream goes on.
std::string gap_block(const log::Gap& gap);

/// `event: sse.closing`: why the stream ends, and when to come back.
std::string closing_block(CloseReason reason, std::chrono::milliseconds reconnection_time);

}  // namespace sse::hub
