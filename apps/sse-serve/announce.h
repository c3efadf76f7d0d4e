#pragma once

#include <cstdint>
#include <string>

#include "sse/base/result.h"

#include "options.h"

namespace sse::serve {

/// The URL on stdout.
Status print_url(const std::string& url);

/// Says that the hub is ready, in each other way that was asked for: the port on --ready-fd and in
/// --port-file (there whole or not at all).
Status announce(const Options& options, std::uint16_t port);

}  // namespace sse::serve
