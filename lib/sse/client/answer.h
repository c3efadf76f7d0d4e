#pragma once

/// \file
/// What the head of an answer means to a subscriber (docs/sse-sub.md has the same table).

#include <chrono>
#include <optional>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/client/transport.h"

namespace sse::client {

enum class Answer {
  kStream,            ///< 200 with text/event-stream
  kRefused,           ///< the same with SSE-Refused: a full or draining hub says when to come back
  kStop,              ///< 204: the server wants no more of us
  kMoved,             ///< 301, 308: from now on there
  kElsewhere,         ///< 302, 303, 307: there, this time
  kGone,              ///< 410, 412 to a last event id: that position no longer exists
  kBusy,              ///< 429
  kUnavailable,       ///< 408, 425, 5xx
  kForbidden,         ///< 401, 403
  kInvalid,           ///< 400, 413, 422
  kNotAnEventStream,  ///< another type, another status
};

enum class Resuming { kNo, kYes };

SSE_EXPORT Answer judge(const ResponseHead& head, Resuming resuming);

/// Retry-After in seconds or as an HTTP date; nullopt when it is absent or neither.
SSE_EXPORT std::optional<std::chrono::nanoseconds> retry_after(const ResponseHead& head,
                                                               WallTime now);

/// The `SSE-Heartbeat` header, in seconds; nullopt when the server does not say, 0 when it sends
/// none.
SSE_EXPORT std::optional<std::chrono::seconds> heartbeat(const ResponseHead& head);

}  // namespace sse::client
