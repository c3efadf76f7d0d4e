#pragma once

#include "sse/base/result.h"
#include "sse/server/reach.h"

#include "options.h"

namespace sse::serve {

/// Whether every address could be listened on, as far as that can be known while a hub may be
/// running: addresses are this machine's, inherited sockets listen, and the directory of a Unix
/// socket may be written to. No port is taken. Who would reach the hub there; errors: those of
/// net::listen_on().
Result<server::Reach> check_addresses(const Options& options);

/// The whole configuration, as --check-config says it: addresses, the files of credentials, and
/// whether a hub may start so. Logs warnings. Errors: those of check_addresses(); kForbidden.
Status check_config(const Options& options);

}  // namespace sse::serve
