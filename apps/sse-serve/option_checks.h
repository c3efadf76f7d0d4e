#pragma once

#include "sse/base/result.h"

#include "options.h"

namespace sse::serve {

/// Refuses values that could not be had: what would be cut to a bound later, or would make every
/// request fail. Lowers a default that another option leaves no room for. Error: kInvalid, with the
/// bound. After parsing.
Status check_values(const cli::CommandLine& line, Options& options);

}  // namespace sse::serve
