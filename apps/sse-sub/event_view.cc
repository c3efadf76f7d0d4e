#include "event_view.h"

#include <chrono>

#include "sse/base/time_text.h"
#include "sse/wire/event_id.h"

namespace sse::sub {

std::string time_of(std::string_view id) {
  const auto parsed = wire::EventId::parse(id);
  using UnixTime = std::chrono::sys_time<std::chrono::milliseconds>;
  return parsed ? format_rfc3339_millis(UnixTime(parsed->unix_time())) : "";
}

}  // namespace sse::sub
