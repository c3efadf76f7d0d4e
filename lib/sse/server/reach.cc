#include "sse/server/reach.h"

#include "sse/server/event_server_options.h"

namespace sse::server {

Status check_reach(const Reach& reach, const EventServerOptions& options) {
  if (reach.loopback_only || options.open_to_all || !options.auth.is_empty()) return {};
  return Error{ErrorCode::kForbidden,
               "the hub would be reached from beyond this machine, and every peer could read and "
               "publish: give it credentials (--tokens, --jwt-keys), bind it to loopback or a Unix "
               "socket behind a proxy, or say --open-to-all"};
}

}  // namespace sse::server
