#include "sse/gate/access.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sse/base/ascii.h"
#include "sse/base/ip_address.h"
#include "sse/gate/methods.h"
#include "sse/http/authority.h"
#include "sse/http/call.h"
#include "sse/http/error_response.h"
#include "sse/http/request.h"
#include "sse/http/router.h"

namespace sse::gate {
namespace {

constexpr char kRequestHeaders[] =
    "Last-Event-ID, Content-Type, Authorization, Idempotency-Key, Idempotency-Key-Age";
constexpr char kExposedHeaders[] =
    "SSE-Stream, SSE-Heartbeat, SSE-Head, SSE-Resume, SSE-Refused, SSE-Topics, SSE-Cursor, "
    "SSE-Event-Id, Idempotency-Keys, Idempotency-Replayed, Retry-After, WWW-Authenticate";
constexpr char kForeignHost[] =
    "this hub does not answer to the name in Host, which is neither localhost nor a name of "
    "--allow-host; --allow-host adds it";
// A request with one of them came through a proxy that has ended TLS, named or not.
constexpr const char* kProxyFields[] = {"Forwarded", "X-Forwarded-For", "Via"};
constexpr char kPreflightSeconds[] = "600";

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), to_lower);
  return result;
}

std::vector<std::string> lower(std::vector<std::string> texts) {
  for (auto& text : texts) text = lower(text);
  return texts;
}

bool ends_ignoring_case(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         equals_ignoring_case(text.substr(text.size() - end.size()), end);
}

bool is_loopback_name(std::string_view name) {
  return equals_ignoring_case(name, "localhost") || ends_ignoring_case(name, ".localhost");
}

// A fully qualified name may end with the dot of the root.
std::string_view without_root(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name;
}

// `http://host:*` matches that host with any port, and with none.
bool matches(std::string_view pattern, std::string_view origin) {
  if (!pattern.ends_with(":*")) return pattern == origin;
  pattern.remove_suffix(2);
  if (!origin.starts_with(pattern)) return false;
  const auto rest = origin.substr(pattern.size());
  return rest.empty() ||
         (rest.size() > 1 && rest[0] == ':' && std::all_of(rest.begin() + 1, rest.end(), is_digit));
}

// What browsers write has only these (RFC 6454 section 6.2), and an allowed one is sent back.
bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

// The hub's own pages come by one of these; by the second when a proxy adds TLS.
bool is_web_scheme(std::string_view scheme) {
  return scheme == "http" || scheme == "https";
}

AccessOptions normalised(AccessOptions options) {
  options.allowed_hosts = lower(std::move(options.allowed_hosts));
  for (auto& host : options.allowed_hosts) host.resize(without_root(host).size());
  options.cors_origins = lower(std::move(options.cors_origins));
  if (options.cors_origins.empty()) {
    options.allows_cookies = false;
    options.cors_origins = {"http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"};
  }
  return options;
}

// As browsers write one: lower case, and without the port that the scheme implies.
std::string origin_of(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return {};
  std::string origin = lower(url.substr(0, url.find('/', scheme_end + 3)));
  const std::string_view usual = origin.starts_with("https") ? ":443" : ":80";
  if (origin.ends_with(usual)) origin.resize(origin.size() - usual.size());
  return origin;
}

std::string host_of(std::string_view origin) {
  const auto scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos) return {};
  const auto authority = http::Authority::parse(origin.substr(scheme_end + 3));
  return authority ? std::string(authority->host) : std::string();
}

// With a plain GET of a page of another port, a browser sends no Origin, but says where it came
// from.
bool is_from_elsewhere(const http::Request& request) {
  const auto site = request.fields.get("Sec-Fetch-Site");
  return !site.empty() && site != "same-origin" && site != "none";
}

void answer_preflight(http::Response& response, const std::string& methods) {
  response.status = 204;
  response.fields.set("Access-Control-Allow-Methods", methods);
  response.fields.set("Access-Control-Allow-Headers", kRequestHeaders);
  response.fields.set("Access-Control-Max-Age", kPreflightSeconds);
}

}  // namespace

Access::Access(AccessOptions options, const http::Router& router)
    : options_(normalised(std::move(options))),
      public_origin_(origin_of(options_.public_url)),
      public_host_(host_of(public_origin_)),
      allows_every_origin_(
          std::count(options_.cors_origins.begin(), options_.cors_origins.end(), "*") > 0),
      router_(router) {
}

http::Verdict Access::judge(http::Call& call) const {
  const http::Request& request = call.request();
  http::Response& response = call.response();
  if (!is_host_allowed(request)) {
    http::error_response(response, 403, kForeignHost);
    return http::Verdict::kAnswered;
  }
  response.fields.add("Vary", "Origin");
  if (!request.fields.has("Origin")) return http::Verdict::kGoOn;
  const std::string_view origin = request.fields.get("Origin");
  if (request.fields.count("Origin") > 1 || !is_origin_allowed(request, origin)) {
    if (!is_write(request.method))
      return http::Verdict::kGoOn;  // the browser keeps the answer from the page
    http::error_response(response, 403,
                         "pages of this origin may not write here; --cors-origin adds it");
    return http::Verdict::kAnswered;
  }
  // A browser takes no `*` where cookies are sent.
  const bool sends_cookies = options_.allows_cookies && counts_cookies(request);
  response.fields.add("Access-Control-Allow-Origin",
                      allows_every_origin_ && !sends_cookies ? std::string_view("*") : origin);
  if (sends_cookies) response.fields.add("Access-Control-Allow-Credentials", "true");
  response.fields.add("Access-Control-Expose-Headers", kExposedHeaders);
  if (request.method != "OPTIONS" || !request.fields.has("Access-Control-Request-Method")) {
    return http::Verdict::kGoOn;
  }
  const std::string methods = router_.allowed_methods(request.path);
  if (methods.empty()) return http::Verdict::kGoOn;
  answer_preflight(response, methods);
  return http::Verdict::kAnswered;
}

bool Access::is_host_allowed(const http::Request& request) const {
  const bool loopback_only = request.entrance == http::Entrance::kAdmin
                                 ? options_.admin_loopback_only
                                 : options_.loopback_only;
  const auto& allowed = options_.allowed_hosts;
  if (!loopback_only && allowed.empty()) return true;
  // HTTP/1.0, and so no browser: rebinding needs one.
  if (!request.fields.has("Host")) return true;
  const auto authority = http::Authority::parse(request.fields.get("Host"));
  if (!authority) return false;
  const std::string_view name = without_root(authority->host);
  const auto is_named = [&](const auto& known) { return equals_ignoring_case(known, name); };
  if (std::any_of(allowed.begin(), allowed.end(), is_named)) return true;
  if (!public_host_.empty() && is_named(public_host_)) return true;
  // In the form that browsers turn every other form into.
  const bool has_dot = name.size() < authority->host.size();
  const auto address = has_dot ? IpAddress::parse(name) : authority->address;
  // No name was resolved, so none was rebound.
  if (address) return !loopback_only || address->is_loopback();
  return is_loopback_name(name);
}

bool Access::is_origin_allowed(const http::Request& request, std::string_view origin) const {
  if (!is_visible_ascii(origin)) return false;
  if (origin == "null") return false;  // sandboxed frames and local files: anybody
  if (allows_every_origin_) return true;
  const std::string given = lower(origin);
  return is_own(request, given) || is_named(given);
}

bool Access::is_own(const http::Request& request, std::string_view given) const {
  const std::string origin_text = lower(given);
  const std::string_view origin = origin_text;
  const auto scheme_end = origin.find("://");
  if (scheme_end == std::string_view::npos) return false;
  if (!public_origin_.empty() && origin == public_origin_) return true;
  const std::string_view host = request.fields.get("Host");
  const std::string_view scheme = origin.substr(0, scheme_end);
  const bool may_be_ours = request.is_secure ? scheme == "https" : is_web_scheme(scheme);
  return !host.empty() && may_be_ours && lower(host) == origin.substr(scheme_end + 3);
}

// `origin`: in lower case.
bool Access::is_named(std::string_view origin) const {
  return std::any_of(options_.cors_origins.begin(), options_.cors_origins.end(),
                     [&](const auto& pattern) { return matches(pattern, origin); });
}

bool Access::counts_certificate(const http::Request& request) const {
  // The handshake was the proxy's: its certificate says nothing of who asks.
  const auto is_there = [&](const char* field) { return request.fields.has(field); };
  if (request.is_forwarded ||
      std::any_of(std::begin(kProxyFields), std::end(kProxyFields), is_there)) {
    return false;
  }
  return request.fields.has("Origin") ? counts_cookies(request) : !is_from_elsewhere(request);
}

bool Access::counts_cookies(const http::Request& request) const {
  const auto origins = request.fields.count("Origin");
  if (origins > 1) return false;
  // A browser sends an Origin with each write.
  if (origins == 0) return !is_write(request.method) && !is_from_elsewhere(request);
  const auto origin = request.fields.get("Origin");
  if (!is_visible_ascii(origin) || origin == "null") return false;
  const std::string given = lower(origin);
  // A page that came by plain http may be of anyone on the way.
  const bool is_plain = public_origin_.starts_with("https") && given.starts_with("http:") &&
                        host_of(given) == public_host_;
  if (is_plain) return false;
  return is_own(request, given) || (options_.allows_cookies && is_named(given));
}

}  // namespace sse::gate
