#pragma once

#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::server {

struct EventServerOptions;

/// Who reaches the listeners of a hub, as their sockets are bound: it decides which names in Host
/// are answered. A value.
struct Reach {
  bool loopback_only = true;        ///< all are on loopback addresses or Unix sockets
  bool admin_loopback_only = true;  ///< the same of those of `admin_binds`
  bool plain_loopback_only = true;  ///< the same of those of the first that do not speak TLS
};

/// A bind address that is an address or a name: with TLS on, its listener speaks it.
SSE_EXPORT bool is_host(std::string_view bind);

/// Error: kInvalid when TLS is on and no listener would speak it.
SSE_EXPORT Status check_tls_binds(const EventServerOptions& options);

/// Whether a hub with these options may start where it is reached from there. Error: kForbidden
/// when it is reached from beyond this machine, asks for no credentials and has no `open_to_all`.
SSE_EXPORT Status check_reach(const Reach& reach, const EventServerOptions& options);

}  // namespace sse::server
