#include "sse/client/polled_events.h"

#include <nlohmann/json.hpp>

namespace sse::client {

Result<std::vector<PolledEvent>> read_polled_events(std::string_view body) {
  const Error unreadable{ErrorCode::kInvalid, "the list of events is not the JSON of a hub"};
  const auto answer = nlohmann::json::parse(body.begin(), body.end(), nullptr,
                                            /*allow_exceptions=*/false);
  if (!answer.is_object()) return unreadable;
  const auto list = answer.find("events");
  if (list == answer.end() || !list->is_array()) return unreadable;
  std::vector<PolledEvent> events;
  for (const auto& event : *list) {
    if (!event.is_object()) return unreadable;
    const auto type = event.find("type");
    const auto topic = event.find("topic");
    if (type == event.end() || topic == event.end() || !type->is_string() || !topic->is_string()) {
      return unreadable;
    }
    events.push_back({type->get<std::string>(), topic->get<std::string>()});
  }
  return events;
}

}  // namespace sse::client
