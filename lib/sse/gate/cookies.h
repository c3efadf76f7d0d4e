#pragma once

/// \file
/// The cookies of a hub: what they are called, and how they are read and set.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"

namespace sse::http {
struct Request;
struct Response;
}  // namespace sse::http

namespace sse::gate {

/// One that a request sends. A view of its fields.
struct Cookie {
  std::string_view name;
  std::string_view value;
};

/// Several fields are one list (RFC 9113 section 8.2.3 lets a proxy make them).
SSE_EXPORT std::vector<Cookie> cookies_of(const http::Request& request);

/// The value of the first cookie of this name; nullopt when there is none.
SSE_EXPORT std::optional<std::string_view> find_cookie(const http::Request& request,
                                                       std::string_view name);

/// Cookies know no ports: all services of a host name get those of each. So the port that pages use
/// is a part of each name, or two hubs of one host would overwrite, and expire, each other's.
/// Immutable. Thread-safe.
class SSE_EXPORT CookieNames {
 public:
  /// `public_url`: where pages reach the hub through a proxy; empty: where they say that they do.
  explicit CookieNames(const std::string& public_url);

  /// Pages reach the hub by https, so cookies are for https alone: the request came so, or the
  /// public URL says that they do.
  bool is_secure(const http::Request& request) const;

  /// Has the browser keep a cookie for so long; 0: drop it. No script reads it, and no other site
  /// sends it. `path`: which requests get it; empty: the browser takes the path that it sees, a
  /// proxy's prefix included.
  void set(const http::Request& request, http::Response& response, std::string_view name,
           std::string_view value, std::chrono::seconds life, std::string_view path = {}) const;

  /// `sse-8089-3f0c9a1b`: each ticket has a cookie of its own.
  std::string ticket(const http::Request& request, std::string_view ticket) const;
  /// Whether the cookie is one of a ticket of this hub, by its name.
  bool is_of_ticket(const http::Request& request, std::string_view name) const;

  /// `__Host-sse-443`; for pages of this machine `sse-8089`, which plain http may set. nullopt: the
  /// page came by plain http from another machine, so its browser would not keep the first and
  /// everyone on the way would read the second.
  std::optional<std::string> session(const http::Request& request) const;

 private:
  std::string port_of(const http::Request& request) const;

  bool is_secure_ = false;
  std::string port_;  // of the public URL; empty: there is none
};

}  // namespace sse::gate
