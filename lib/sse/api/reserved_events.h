#pragma once

#include <string>
#include <vector>

namespace sse::api {

/// Events that a domain makes itself, as sse-serve does for metrics. Where the hub asks for
/// credentials, publishing one through `POST /events` takes a grant of its own: with any other
/// grant a publisher could forge them for every subscriber. A value.
struct ReservedEvent {
  std::string type_prefix;   ///< `metric_`
  std::string topic_prefix;  ///< `metrics/`; either is enough
  std::string grant;         ///< a pattern that one grant must cover: `metrics/#`
};
using ReservedEvents = std::vector<ReservedEvent>;

}  // namespace sse::api
