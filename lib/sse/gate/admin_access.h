#pragma once

/// \file
/// Who may use the operator's routes: `/-/metrics`, `/-/streams` and `/-/backup`.

#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/ip_address.h"
#include "sse/http/call.h"

namespace sse::gate {

/// With listeners of their own (--admin-bind) the operator's routes answer there alone, to every
/// peer that reaches them, and nothing else answers there.
///
/// Without: peers on this machine (loopback, Unix sockets) and those of --admin-from. A request
/// that a proxy has forwarded is its sender's: it is refused when it has any of the fields that
/// proxies add, unless the proxy itself is in --admin-from, and so is trusted to let only the right
/// ones through. A proxy on this machine that adds none of them opens the routes. Thread-safe.
class SSE_EXPORT AdminAccess {
 public:
  /// `has_listeners`: --admin-bind was given.
  explicit AdminAccess(std::vector<AddressRange> admin_from, bool has_listeners = false)
      : admin_from_(std::move(admin_from)), has_listeners_(has_listeners) {}

  /// Why the operator's routes are not for this request: the text of a 403. Null: they are.
  const char* refusal(const http::Request& request) const;

  /// kAnswered with 404: the request came by an operator's listener, and is for another route.
  static http::Verdict judge(http::Call& call);

 private:
  bool is_trusted(const http::Request& request) const;

  const std::vector<AddressRange> admin_from_;
  const bool has_listeners_;
};

}  // namespace sse::gate
