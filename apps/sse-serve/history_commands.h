#pragma once

/// \file
/// `sse-serve check` and `sse-serve backup`.

#include "cli/exit_code.h"
#include "options.h"

namespace sse::serve {

/// Says on stdout what is there, and what is wrong with it. kBadInput when something is; kTryLater
/// when a hub has the directory; kConfig when a newer version made it; kNoInput, kNotAllowed.
cli::ExitCode check_history(const Options& options);

/// Asks the hub for a copy, and moves it to where it was asked for. kUnavailable when no hub
/// answers or it keeps no history; kNotAllowed; kCannotCreate; kTryLater when one is being made.
cli::ExitCode back_up(const Options& options);

}  // namespace sse::serve
