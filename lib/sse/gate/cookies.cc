#include "sse/gate/cookies.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "sse/auth/sha256.h"
#include "sse/base/ascii.h"
#include "sse/http/authority.h"
#include "sse/http/characters.h"
#include "sse/http/request.h"
#include "sse/http/response.h"

namespace sse::gate {
namespace {

constexpr std::string_view kPrefix = "sse-";
constexpr std::string_view kHttps = "https://";
constexpr std::size_t kTicketDigits = 8;

bool is_loopback(const http::Authority& authority) {
  if (authority.address) return authority.address->is_loopback();
  constexpr std::string_view kLocalhost = "localhost";
  constexpr std::string_view kBelow = ".localhost";
  const auto host = authority.host;
  return equals_ignoring_case(host, kLocalhost) ||
         (host.size() > kBelow.size() &&
          equals_ignoring_case(host.substr(host.size() - kBelow.size()), kBelow));
}

std::string_view authority_in(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return {};
  url.remove_prefix(scheme_end + 3);
  return url.substr(0, url.find('/'));
}

}  // namespace

std::vector<Cookie> cookies_of(const http::Request& request) {
  std::vector<Cookie> cookies;
  for (const auto& field : request.fields) {
    if (!equals_ignoring_case(field.name, "Cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const auto pair = http::take_part(rest, ';');
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos) continue;
      cookies.push_back({pair.substr(0, equals), pair.substr(equals + 1)});
    }
  }
  return cookies;
}

std::optional<std::string_view> find_cookie(const http::Request& request, std::string_view name) {
  for (const auto& cookie : cookies_of(request)) {
    if (cookie.name == name) return cookie.value;
  }
  return std::nullopt;
}

CookieNames::CookieNames(const std::string& public_url)
    : is_secure_(std::string_view(public_url).starts_with(kHttps)) {
  const auto authority = http::Authority::parse(authority_in(public_url));
  if (!authority) return;
  port_ = std::to_string(authority->port.value_or(is_secure_ ? 443 : 80));
}

bool CookieNames::is_secure(const http::Request& request) const {
  return is_secure_ || request.is_secure;
}

void CookieNames::set(const http::Request& request, http::Response& response, std::string_view name,
                      std::string_view value, std::chrono::seconds life,
                      std::string_view path) const {
  std::string text(name);
  text.append("=").append(value).append("; HttpOnly; SameSite=Strict");
  if (!path.empty()) text.append("; Path=").append(path);
  text.append("; Max-Age=").append(std::to_string(life.count()));
  if (is_secure(request)) text += "; Secure";
  response.fields.add("Set-Cookie", text);
}

std::string CookieNames::port_of(const http::Request& request) const {
  const std::uint16_t usual = request.is_secure ? 443 : 80;
  if (!port_.empty()) return port_;
  const auto authority = http::Authority::parse(request.fields.get("Host"));
  return std::to_string(authority ? authority->port.value_or(usual) : usual);
}

std::string CookieNames::ticket(const http::Request& request, std::string_view ticket) const {
  return std::string(kPrefix)
      .append(port_of(request))
      .append("-")
      .append(auth::to_hex(auth::sha256_of(ticket)).substr(0, kTicketDigits));
}

bool CookieNames::is_of_ticket(const http::Request& request, std::string_view name) const {
  const std::string start = std::string(kPrefix).append(port_of(request)).append("-");
  if (!name.starts_with(start) || name.size() != start.size() + kTicketDigits) return false;
  name.remove_prefix(start.size());
  return std::all_of(name.begin(), name.end(), [](char c) { return hex_value(c) >= 0; });
}

std::optional<std::string> CookieNames::session(const http::Request& request) const {
  const std::string name = std::string(kPrefix).append(port_of(request));
  if (is_secure(request)) return "__Host-" + name;
  const auto authority = http::Authority::parse(request.fields.get("Host"));
  if (!authority || !is_loopback(*authority)) return std::nullopt;
  return name;
}

}  // namespace sse::gate
