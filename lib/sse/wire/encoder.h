#pragma once

/// \file
/// Turns an event into text/event-stream bytes, once (WHATWG HTML section 9.2.6; docs/wire.md).

#include <chrono>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/wire/event.h"
#include "sse/wire/event_id.h"

namespace sse::wire {

/// Where the 36 characters of the id stand in every encoded event: after `id: `.
inline constexpr std::size_t kIdOffset = 4;

/// Appends the block of `event` to `out`, with room for the id, which set_id() fills in when the
/// log has chosen it: so that encoding happens outside the log's lock.
///
///     id: <36 characters>
///     event: <type>          left out for `message`
///     topic: <topic>         left out when empty or not topic_on_wire
///     data: <line>           one for each line of data; CR, LF and CRLF end a line
///     <blank line>
///
/// Type and topic must hold no control character (publishers check): the framing depends on it.
SSE_EXPORT void encode(const Event& event, std::string& out);

/// Writes `id` into the block that starts at `block`.
SSE_EXPORT void set_id(char* block, const EventId& id);

/// `id: <id>` and a blank line: dispatches nothing, moves the subscriber's last event ID.
SSE_EXPORT std::string encode_id_only(const EventId& id);

/// The same, for any text without a line end or NUL.
SSE_EXPORT std::string encode_id_only(std::string_view id);

/// `retry: <ms>` and a line end; the caller ends the block.
SSE_EXPORT std::string encode_retry(std::chrono::milliseconds reconnection_time);

/// A block without an id, for what the server says about the stream itself (`sse.gap`,
/// `sse.closing`). `data` is one line.
SSE_EXPORT std::string encode_control(std::string_view type, std::string_view data);

}  // namespace sse::wire
