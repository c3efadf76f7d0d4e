#pragma once

#include "commands.h"

namespace sse::pub {

/// `list`: the metrics of the hub, one per line, in order of creation.
cli::ExitCode list_metrics(const Session& session);

}  // namespace sse::pub
