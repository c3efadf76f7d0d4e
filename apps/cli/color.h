#pragma once

#include "cli/environment.h"

namespace sse::cli {

/// What `--color` says.
enum class ColorMode { kAuto, kAlways, kNever };

/// Whether to use colour: `--color`, then NO_COLOR (anything but empty), then CLICOLOR_FORCE
/// (anything but empty and 0), then whether it goes to a terminal.
bool uses_color(ColorMode mode, const Environment& environment, bool is_terminal);

}  // namespace sse::cli
