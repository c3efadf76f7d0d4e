#include "sse/server/reach.h"

#include <algorithm>

#include "sse/server/event_server_options.h"

namespace sse::server {

bool is_host(std::string_view bind) {
  return !bind.starts_with("unix:") && !bind.starts_with("fd:");
}

Status check_tls_binds(const EventServerOptions& options) {
  const auto& binds = options.binds;
  if (!options.tls.is_on() || binds.empty() || std::any_of(binds.begin(), binds.end(), is_host)) {
    return {};
  }
  return Error{ErrorCode::kInvalid,
               "--tls-cert needs an address to listen on: Unix sockets and descriptors stay plain"};
}

Status check_reach(const Reach& reach, const EventServerOptions& options) {
  if (reach.loopback_only || options.open_to_all || !options.auth.is_empty()) return {};
  return Error{ErrorCode::kForbidden,
               "the hub would be reached from beyond this machine, and every peer could read and "
               "publish: give it credentials (--tokens, --jwt-keys), bind it to loopback or a Unix "
               "socket behind a proxy, or say --open-to-all"};
}

}  // namespace sse::server
