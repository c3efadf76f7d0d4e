#pragma once

#include "sse/server/event_server_options.h"

namespace sse::cli {
class OptionList;
}

namespace sse::serve {

/// Declares the options of who may use the hub.
void declare_access(cli::OptionList& list, server::EventServerOptions& options);

}  // namespace sse::serve
