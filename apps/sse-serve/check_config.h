#pragma once

#include "sse/base/result.h"

#include "options.h"

namespace sse::serve {

/// Whether every address could be listened on, as far as that can be known while a hub may be
/// running: addresses are this machine's, inherited sockets listen, and the directory of a Unix
/// socket may be written to. No port is taken. Errors: those of net::listen_on().
Status check_addresses(const Options& options);

}  // namespace sse::serve
