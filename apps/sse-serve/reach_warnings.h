#pragma once

#include "sse/server/event_server_options.h"
#include "sse/server/reach.h"

namespace sse::serve {

/// Logs what an operator may not have meant about who reaches the hub, and how.
void warn_of_reach(const server::Reach& reach, const server::EventServerOptions& options);

}  // namespace sse::serve
