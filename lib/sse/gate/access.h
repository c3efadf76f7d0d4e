#pragma once

/// \file
/// Which pages may reach a hub through a user's browser: the rules for Host, Origin and CORS.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"

namespace sse::http {
class Call;
class Router;
struct Request;
enum class Verdict : std::uint8_t;
}  // namespace sse::http

namespace sse::gate {

struct AccessOptions {
  /// Every listener is on loopback or a Unix socket: only a Host that is a loopback name or address
  /// is answered, so that no page reaches the hub by rebinding a name of its own (DNS rebinding).
  bool loopback_only = true;
  /// --allow-host: further names, without port. With one, other names are refused beyond loopback,
  /// too: addresses, loopback names and these are answered.
  std::vector<std::string> allowed_hosts;
  /// --cors-origin: origins whose pages may read and write; `*` is all, `http://host:*` any port.
  /// The page's own origin always may. Empty: pages on this machine, `http://localhost:*` and so
  /// on.
  std::vector<std::string> cors_origins;
  /// `loopback_only` of the listeners of --admin-bind.
  bool admin_loopback_only = true;
  /// Pages of the origins that `cors_origins` names may send cookies. Never those of `*` or of the
  /// default.
  bool allows_cookies = false;
  /// --public-url: its origin is the hub's own, and its host one that it answers to.
  std::string public_url = {};
};

/// Stands before the routes (http::ServerHooks::on_head). Thread-safe.
class SSE_EXPORT Access {
 public:
  Access(AccessOptions options, const http::Router& router);

  /// Sets the CORS fields of the response. kAnswered: with 403 for a foreign Host or a write by a
  /// foreign page, or with 204 for a preflight.
  http::Verdict judge(http::Call& call) const;

  /// Whether cookies of this request count: a page of the hub's own origin has sent it, or one of
  /// an origin that `cors_origins` names. `SameSite` ignores ports, so a browser sends them for
  /// other pages of the same host, too.
  bool counts_cookies(const http::Request& request) const;

  /// Whether the certificate of the client counts for this request. A browser sends it for pages of
  /// other sites, too, so with an Origin the rule is that of cookies. Other programs send none. It
  /// never counts for a request that a proxy has forwarded: the certificate is then the proxy's.
  bool counts_certificate(const http::Request& request) const;

  /// Whether pages of this origin are the hub's own: they came by the request's Host, or by
  /// `public_url`.
  bool is_own(const http::Request& request, std::string_view origin) const;

 private:
  bool is_named(std::string_view origin) const;
  bool is_host_allowed(const http::Request& request) const;
  bool is_origin_allowed(const http::Request& request, std::string_view origin) const;

  const AccessOptions options_;
  const std::string public_origin_;  // of --public-url; empty: there is none
  const std::string public_host_;    // the same, without its port
  const bool allows_every_origin_;
  const http::Router& router_;
};

}  // namespace sse::gate
