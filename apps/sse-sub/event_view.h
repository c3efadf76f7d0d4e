#pragma once

/// \file
/// What every form of an event asks for.

#include <string>
#include <string_view>

#include "sse/wire/event.h"

namespace sse::sub {

/// Whether an event is history: it was there when the connection began.
enum class Replay { kNo, kYes };

/// An event as it is shown. A view: all of it outlives this.
struct EventView {
  const wire::ReceivedEvent& event;
  Replay replay = Replay::kNo;
  std::string_view metric = {};  ///< what its metric is called; empty: it has none that we know
};

/// Where text goes. On a terminal, control characters from the network are shown as escapes.
enum class Target { kFile, kTerminal };

/// When the event of this id was published, as RFC 3339 with milliseconds; empty when the id does
/// not say (it is not a UUIDv7) or says a time past the year 9999.
std::string time_of(std::string_view id);

}  // namespace sse::sub
