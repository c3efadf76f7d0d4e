#pragma once

#include "commands.h"

namespace sse::pub {

/// `load`, `reading -l` and `event -l`: opens what the options name, loads, and sums up. `script`:
/// of a dry run, else null.
cli::ExitCode load(const Session& session, const client::Endpoint& hub, client::Waiter& waiter,
                   RandomSource& random, const ShellScript* script);

}  // namespace sse::pub
