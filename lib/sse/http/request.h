#pragma once

/// \file
/// A request as a connection has read it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/ip_address.h"
#include "sse/http/fields.h"

namespace sse::http {

enum class Version : std::uint8_t { kHttp10, kHttp11, kHttp2 };

/// Which listeners a connection came by (Server::start()).
enum class Entrance : std::uint8_t {
  kMain,
  kAdmin,  ///< the operator's own
};

/// `HTTP/1.1`.
std::string_view to_string(Version version);

/// A value.
struct SSE_EXPORT Request {
  std::string method;
  std::string target;  ///< as it was sent: not to be logged raw
  std::string path;    ///< percent-decoded
  Version version = Version::kHttp11;
  /// Of the query, percent-decoded, in their order; before them what the path has for a name in
  /// braces (Router::add()).
  std::vector<std::pair<std::string, std::string>> params;
  Fields fields;
  std::string body;  ///< empty until the whole request is there
  /// Without port; `unix` for the peer of a Unix socket. With is_forwarded it is the peer that a
  /// proxy of ours has named (gate::ProxyTrust).
  std::string remote_address;
  int remote_port = 0;
  std::optional<IpAddress> group;  ///< whose share of a limit it counts against: peer_group()
  Entrance entrance = Entrance::kMain;
  bool is_forwarded = false;
  /// The connection is that of a peer behind a proxy of ours (ServerHooks::sends_proxy_head):
  /// remote_address is what its PROXY header named, or the proxy's own when it named none.
  bool is_proxied = false;
  bool is_secure = false;  ///< it came by TLS
  /// Of the client's certificate, as net::TlsPeer::names has them.
  std::vector<std::string> certificate_names;

  /// Makes it empty; what its texts have allocated stays, for another request.
  void clear();
  /// Exchanges all but what a log shows of it with an empty one.
  void give_rest(Request& to);
  /// Bytes that it has allocated, but for what single parameters have.
  std::size_t capacity() const;

  /// The first parameter of that name; null when there is none.
  const std::string* param(std::string_view name) const;
};

}  // namespace sse::http
