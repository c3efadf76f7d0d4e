#include "sse/gate/admin_access.h"

#include <algorithm>

#include "sse/http/request.h"

namespace sse::gate {
namespace {

constexpr char kUnixPeer[] = "unix";

bool was_forwarded(const http::Request& request) {
  return request.fields.has("Forwarded") || request.fields.has("X-Forwarded-For");
}

}  // namespace

bool AdminAccess::allows(const http::Request& request) const {
  const auto address = IpAddress::parse(request.remote_address);
  if (address && std::any_of(admin_from_.begin(), admin_from_.end(),
                             [&](const auto& range) { return range.holds(*address); })) {
    return true;
  }
  const bool is_local = address ? address->is_loopback() : request.remote_address == kUnixPeer;
  return is_local && !was_forwarded(request);
}

}  // namespace sse::gate
