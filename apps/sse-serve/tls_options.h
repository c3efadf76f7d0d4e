#pragma once

#include "sse/base/result.h"
#include "sse/server/event_server_options.h"

namespace sse::cli {
class CommandLine;
class OptionList;
}  // namespace sse::cli

namespace sse::serve {

/// TLS of --port, and the plain port beside it.
void declare_tls(cli::OptionList& list, server::EventServerOptions& options);

/// What the options of TLS need of each other. Error: kInvalid.
Status check_tls(const cli::CommandLine& line, const server::EventServerOptions& options);

}  // namespace sse::serve
