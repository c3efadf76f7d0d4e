#pragma once

/// \file
/// The event, as publishers make it and as subscribers read it.

#include <string>

namespace sse::wire {

/// What is published: the event log gives it its id.
struct Event {
  std::string type;   ///< the `event:` field; empty means `message`
  std::string topic;  ///< levels by `/`; empty means none. For filters
  std::string data;   ///< any text; line ends of every kind become several `data:` lines
  bool topic_on_wire =
      true;  ///< false leaves the `topic:` line out (metric events: their data says it)
};

/// What a parser dispatches (WHATWG HTML section 9.2.6).
struct ReceivedEvent {
  std::string id;     ///< the last event ID buffer when it was dispatched
  std::string type;   ///< never empty: `message` when the stream did not say
  std::string topic;  ///< our extension field, empty when absent
  std::string data;   ///< without the final line end
};

}  // namespace sse::wire
