#pragma once

#include <cstdint>
#include <string>

#include "sse/base/result.h"

#include "options.h"

namespace sse::serve {

/// Says that the hub is ready, in each way that was asked for: the port on --ready-fd and in
/// --port-file (there whole or not at all), the URL on stdout.
Status announce(const Options& options, std::uint16_t port, const std::string& url);

}  // namespace sse::serve
