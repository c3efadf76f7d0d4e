#include "sse/gate/admin_access.h"

#include <algorithm>

#include <httplib.h>

namespace sse::gate {
namespace {

constexpr char kUnixPeer[] = "unix";

bool was_forwarded(const httplib::Request& request) {
  return request.has_header("Forwarded") || request.has_header("X-Forwarded-For");
}

}  // namespace

bool AdminAccess::allows(const httplib::Request& request) const {
  const auto address = IpAddress::parse(request.remote_addr);
  if (address && std::any_of(admin_from_.begin(), admin_from_.end(),
                             [&](const auto& range) { return range.holds(*address); })) {
    return true;
  }
  const bool is_local = address ? address->is_loopback() : request.remote_addr == kUnixPeer;
  return is_local && !was_forwarded(request);
}

}  // namespace sse::gate
