#pragma once

#include "sse/client/publishing_client.h"

#include "cli/exit_code.h"

namespace sse::cli {

/// How a program ends that could not publish.
ExitCode exit_code_of(client::PublishError::Kind kind);

}  // namespace sse::cli
