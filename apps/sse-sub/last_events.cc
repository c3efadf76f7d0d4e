#include "last_events.h"

#include <utility>

namespace sse::sub {

void LastEvents::keep(const wire::ReceivedEvent& event, std::string_view place) {
  pass(place);
  events_.push_back(event);
  if (events_.size() > most_) events_.pop_front();
}

std::deque<wire::ReceivedEvent> LastEvents::take() {
  is_keeping_ = false;
  return std::exchange(events_, {});
}

}  // namespace sse::sub
