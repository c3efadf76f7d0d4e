#include "event_view.h"

#include "sse/base/time_text.h"
#include "sse/wire/event_id.h"

namespace sse::sub {

std::string time_of(std::string_view id) {
  const auto parsed = wire::EventId::parse(id);
  return parsed ? format_rfc3339(WallTime(parsed->unix_time())) : "";
}

}  // namespace sse::sub
