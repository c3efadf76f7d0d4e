#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/client/event_source.h"
#include "sse/client/transport.h"
#include "sse/client/waiter.h"

namespace sse::client {

/// A whole answer.
struct Fetched {
  ResponseHead head;
  std::string body;
};

/// Sends `request` and waits for all of the answer, at most `most` and 16 MiB. What is not an
/// answer is an Ending, as an EventSource would give it.
SSE_EXPORT std::variant<Fetched, Ending> fetch(StreamRequest request, Transport& transport,
                                               Waiter& waiter, const Clock& clock,
                                               std::chrono::nanoseconds most);

}  // namespace sse::client
