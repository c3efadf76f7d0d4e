#pragma once

/// \file
/// Who may use the operator's routes: `/-/metrics`, `/-/streams` and `/-/backup`.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/ip_address.h"
#include "sse/base/result.h"
#include "sse/http/call.h"

namespace sse::auth {
struct Principal;
}

namespace sse::gate {

/// What an operator wants.
enum class Operation : std::uint8_t {
  kObserve,  ///< numbers
  kAdmin,    ///< who is connected, backups, ending streams
};

/// Whether a request comes from this machine, by loopback or a Unix socket, and no proxy has added
/// a field that says that it is another's.
SSE_EXPORT bool is_of_this_machine(const http::Request& request);

/// With listeners of their own (--admin-bind) the operator's routes answer there alone, to every
/// peer that reaches them, and nothing else answers there.
///
/// Without: peers on this machine (loopback, Unix sockets) and those of --admin-from. A request
/// that a proxy has forwarded is its sender's: it is refused when it has any of the fields that
/// proxies add, unless the proxy itself is in --admin-from, and so is trusted to let only the right
/// ones through. A proxy on this machine that adds none of them opens the routes.
///
/// Where the hub asks for credentials, a peer on this machine is nothing special: numbers are for
/// permission `observe` and the addresses of --admin-from, all else for permission `admin`. The
/// listeners of --admin-bind ask for none. Thread-safe.
class SSE_EXPORT AdminAccess {
 public:
  /// `has_listeners`: --admin-bind was given.
  explicit AdminAccess(std::vector<AddressRange> admin_from, bool has_listeners = false)
      : admin_from_(std::move(admin_from)), has_listeners_(has_listeners) {}

  /// Why the operator's routes are not for this request: the text of a 403. Null: they are. Of a
  /// hub that asks for no credentials.
  const char* refusal(const http::Request& request) const;

  /// The same of a hub that asks for them. Error: kForbidden.
  std::optional<Error> refusal_to(const auth::Principal& principal, const http::Request& request,
                                  Operation operation) const;

  /// kAnswered with 404: the request came by an operator's listener, and is for another route.
  static http::Verdict judge(http::Call& call);

 private:
  bool is_trusted(const http::Request& request) const;

  const std::vector<AddressRange> admin_from_;
  const bool has_listeners_;
};

}  // namespace sse::gate
