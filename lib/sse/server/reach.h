#pragma once

namespace sse::server {

/// Who reaches the listeners of a hub, as their sockets are bound: it decides which names in Host
/// are answered. A value.
struct Reach {
  bool loopback_only = true;        ///< all are on loopback addresses or Unix sockets
  bool admin_loopback_only = true;  ///< the same of those of `admin_binds`
};

}  // namespace sse::server
