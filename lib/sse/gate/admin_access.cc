#include "sse/gate/admin_access.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "sse/auth/principal.h"
#include "sse/base/ascii.h"
#include "sse/http/error_response.h"
#include "sse/http/request.h"

namespace sse::gate {
namespace {

constexpr char kUnixPeer[] = "unix";

constexpr char kElsewhere[] = "this is served on the addresses of --admin-bind only";
constexpr char kForeign[] =
    "this is for peers on this machine only, and for none through a proxy; "
    "--admin-from adds addresses, of proxies too";

constexpr char kNoObserve[] =
    "may not read this: that takes permission observe, or an address of --admin-from";
constexpr char kNoAdmin[] = "may not use this: that takes permission admin";

constexpr std::string_view kOperatorPaths[] = {"/-/backup",  "/-/cluster", "/-/healthz",
                                               "/-/metrics", "/-/readyz",  "/-/streams"};
constexpr std::string_view kStreamPaths = "/-/streams/";

// What proxies, load balancers and content networks add to what they forward.
constexpr std::string_view kForwardingFields[] = {
    "Ali-CDN-Real-IP",
    "Akamai-Origin-Hop",
    "CDN-Loop",
    "CF-Connecting-IP",
    "CF-Connecting-IPv6",
    "CF-Ray",
    "CF-Visitor",
    "Client-IP",
    "DO-Connecting-IP",
    "Fastly-Client-IP",
    "Fly-Client-IP",
    "Forwarded",
    "Forwarded-For",
    "Max-Forwards",
    "Proxy-Connection",
    "True-Client-IP",
    "Via",
    "WL-Proxy-Client-IP",
    "X-Appengine-User-IP",
    "X-Azure-ClientIP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "X-Envoy-External-Address",
    "X-Host",
    "X-ProxyUser-IP",
    "X-Proxied-For",
    "X-Real-IP",
    "X-Real-Port",
    "X-Remote-Addr",
    "X-Remote-IP",
    "X-Scheme",
    "X-URL-Scheme",
};
constexpr std::string_view kForwardingPrefixes[] = {"X-Forwarded", "X-Original-", "X-Envoy-",
                                                    "X-Amzn-", "X-Cloud-Trace-"};

bool starts_ignoring_case(std::string_view text, std::string_view start) {
  return equals_ignoring_case(text.substr(0, start.size()), start);
}

bool is_forwarding(std::string_view name) {
  return std::any_of(std::begin(kForwardingFields), std::end(kForwardingFields),
                     [&](auto known) { return equals_ignoring_case(name, known); }) ||
         std::any_of(std::begin(kForwardingPrefixes), std::end(kForwardingPrefixes),
                     [&](auto start) { return starts_ignoring_case(name, start); });
}

bool was_forwarded(const http::Request& request) {
  return std::any_of(request.fields.begin(), request.fields.end(),
                     [](const auto& field) { return is_forwarding(field.name); });
}

bool is_on_this_machine(const http::Request& request) {
  const auto address = IpAddress::parse(request.remote_address);
  return address ? address->is_loopback() : request.remote_address == kUnixPeer;
}

}  // namespace

bool is_of_this_machine(const http::Request& request) {
  return is_on_this_machine(request) && !request.is_proxied && !was_forwarded(request);
}

const char* AdminAccess::refusal(const http::Request& request) const {
  if (request.entrance == http::Entrance::kAdmin) return nullptr;
  if (has_listeners_) return kElsewhere;
  if (is_trusted(request)) return nullptr;
  return is_of_this_machine(request) ? nullptr : kForeign;
}

std::optional<Error> AdminAccess::refusal_to(const auth::Principal& principal,
                                             const http::Request& request,
                                             Operation operation) const {
  const auto& permissions = principal.permissions;
  if (request.entrance == http::Entrance::kAdmin) return std::nullopt;
  if (has_listeners_) return Error{ErrorCode::kForbidden, kElsewhere};
  if (permissions.can_admin) return std::nullopt;
  if (operation == Operation::kAdmin) return Error{ErrorCode::kForbidden, kNoAdmin};
  if (permissions.can_observe || is_trusted(request)) return std::nullopt;
  return Error{ErrorCode::kForbidden, kNoObserve};
}

http::Verdict AdminAccess::judge(http::Call& call) {
  const http::Request& request = call.request();
  if (request.entrance != http::Entrance::kAdmin) return http::Verdict::kGoOn;
  const auto* const known =
      std::find(std::begin(kOperatorPaths), std::end(kOperatorPaths), request.path);
  if (known != std::end(kOperatorPaths) || request.path.starts_with(kStreamPaths)) {
    return http::Verdict::kGoOn;
  }
  std::string text = "on the addresses of --admin-bind there are only";
  for (const auto path : kOperatorPaths) text.append(" ").append(path);
  http::error_response(call.response(), 404, text);
  return http::Verdict::kAnswered;
}

bool AdminAccess::is_trusted(const http::Request& request) const {
  const auto address = IpAddress::parse(request.remote_address);
  return address && std::any_of(admin_from_.begin(), admin_from_.end(),
                                [&](const auto& range) { return range.holds(*address); });
}

}  // namespace sse::gate
