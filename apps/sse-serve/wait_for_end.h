#pragma once

#include <optional>

#include "sse/server/event_server.h"

#include "cli/child.h"
#include "cli/signals.h"
#include "service_manager.h"
#include "takeover.h"

namespace sse::serve {

/// Waits for a signal, for the end of the command, or for a process that takes this hub over, and
/// tells the service manager meanwhile that the loops turn, or stand still for a takeover, which
/// has an end. The command's exit status if there was one.
std::optional<int> wait_for_end(const cli::StopSignals& signals, const ServiceManager& manager,
                                server::EventServer& server, const TakeoverSocket* takeover,
                                std::optional<cli::Child>& child);

}  // namespace sse::serve
