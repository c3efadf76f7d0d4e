#pragma once

#include <string>

#include "sse/wire/event.h"

#include "event_view.h"

namespace sse::sub {

enum class Color { kNo, kYes };

/// `12:00:01.250 deploy ci/api {"version":1}`: for people. The time is this machine's; control
/// characters are escapes wherever it goes, and the further lines of data are indented. Appended.
void append_pretty(const EventView& view, Color color, std::string& out);

}  // namespace sse::sub
