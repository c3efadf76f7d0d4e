#pragma once

/// \file
/// Who may read what is for the operator: `/-/metrics` and `/-/streams`.

#include <vector>

#include "sse/base/export.h"
#include "sse/base/ip_address.h"

namespace sse::http {
struct Request;
}

namespace sse::gate {

/// Peers on this machine (loopback, Unix sockets) and those of --admin-from. A request that was
/// forwarded is its sender's, not its proxy's: it is refused, unless the proxy itself is in
/// --admin-from, and so is trusted to let only the right ones through. Thread-safe.
class SSE_EXPORT AdminAccess {
 public:
  explicit AdminAccess(std::vector<AddressRange> admin_from) : admin_from_(std::move(admin_from)) {}

  bool allows(const http::Request& request) const;

 private:
  const std::vector<AddressRange> admin_from_;
};

}  // namespace sse::gate
