#pragma once

/// \file
/// Whose a request is that a proxy of ours has forwarded.

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/ip_address.h"

namespace sse::http {
struct Request;
}

namespace sse::gate {

/// The one field that proxies of ours set. The other one is a peer's own, and is not read.
enum class ProxyField : std::uint8_t {
  kXForwardedFor,  ///< `X-Forwarded-For: 192.0.2.1, 10.0.0.7`
  kForwarded,      ///< `Forwarded: for=192.0.2.1, for="[2001:db8::1]:80"` (RFC 7239)
};

struct ProxyOptions {
  std::vector<AddressRange> from;  ///< addresses of our proxies
  bool has_unix = false;           ///< peers of Unix sockets are proxies of ours, too
  ProxyField field = ProxyField::kXForwardedFor;
  /// Our proxies begin each connection with a PROXY header, version 1 or 2, and the field is read
  /// when the peer that it names is one of ours itself.
  bool send_proxy_head = false;

  bool are_none() const { return from.empty() && !has_unix; }
};

/// The peer is the right-most address that is not a proxy of ours: what stands left of it was
/// written by others. Several lines are one list. Thread-safe.
class SSE_EXPORT ProxyTrust {
 public:
  explicit ProxyTrust(ProxyOptions options) : options_(std::move(options)) {}

  /// Sets remote_address, group and is_forwarded of a request that one of our proxies has sent.
  /// Every other request stays as it is, and so does one whose field ends in no address: then the
  /// proxy itself is the peer. Once for each request.
  void derive_peer(http::Request& request) const;

  /// Whether a peer is one of our proxies. `remote_address`: without port, or `unix`.
  bool is_ours(std::string_view remote_address) const;

 private:
  bool is_ours(const IpAddress& address) const;
  std::optional<IpAddress> last_foreign(std::string_view list) const;

  const ProxyOptions options_;
};

}  // namespace sse::gate
