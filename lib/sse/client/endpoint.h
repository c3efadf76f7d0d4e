#pragma once

/// \file
/// Where a hub is: the URL as people write it, taken apart.

#include <cstdint>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::client {

/// What every command uses when neither the command line nor SSE_URL says where the hub is.
inline constexpr std::string_view kDefaultUrl = "http://127.0.0.1:8089";

/// The port of a hub written without scheme and port (`hub1`); with a scheme it is 80 or 443.
inline constexpr std::uint16_t kDefaultPort = 8089;

/// An http or https URL, or a Unix socket that speaks HTTP. A value; host and scheme are lower
/// case, path and query are ready for a request line.
class SSE_EXPORT Endpoint {
 public:
  enum class Scheme { kHttp, kHttps };

  /// Reads `http://host:port/path?query`, `https://...`, `host:port`, `:8089` (this machine),
  /// `host`, `[::1]:8089`, `[fe80::1%eth0]`, `unix:/socket`, `unix:/socket:/path`. Characters
  /// outside ASCII are percent-encoded, in the host refused (RFC 3986 section 3.2.2); blanks,
  /// control characters, user names and `#` are refused. Error: kInvalid, naming the text and the
  /// form expected.
  static Result<Endpoint> parse(std::string_view text);

  /// The URL that a redirect's Location names, read as a reference relative to this one
  /// (RFC 3986 section 5), without its fragment. Never a Unix socket, except this one. Blanks are
  /// encoded.
  Result<Endpoint> resolve(std::string_view location) const;

  Scheme scheme() const { return scheme_; }
  const std::string& host() const { return host_; }  ///< without the brackets of an IPv6 address
  const std::string& zone() const { return zone_; }  ///< the interface of an IPv6 address, if given
  std::uint16_t port() const { return port_; }
  const std::string& socket_path() const { return socket_path_; }  ///< empty: reached by host, port
  const std::string& path() const { return path_; }                ///< empty when none was written
  const std::string& query() const { return query_; }              ///< without its question mark

  /// Whether the URL names something under the host, and not just the host.
  bool has_path() const { return !path_.empty() && path_ != "/"; }

  /// The same hub, another resource. `path` starts with a slash and is encoded already.
  Endpoint with_path(std::string_view path) const;

  /// Adds `name=value` to the query; the value is percent-encoded here.
  void add_query(std::string_view name, std::string_view value);

  /// Whether credentials meant for one may be sent to the other: scheme, host and port are equal,
  /// or the Unix socket.
  bool same_origin(const Endpoint& other) const;

  /// Whether what is sent there can be read on the way: http to another machine.
  bool is_readable_on_the_way() const;

  std::string origin() const;  ///< `http://host:port`, `unix:/socket`
  std::string target() const;  ///< path and query, as in a request line
  std::string url() const;     ///< `http://host:port/path?query`, `unix:/socket:/path?query`
  std::string shown() const;   ///< the same for people and logs: see logged_target()

  friend bool operator==(const Endpoint&, const Endpoint&) = default;

 private:
  static Result<Endpoint> parse_unix(std::string_view text);
  static Result<Endpoint> parse_http(std::string_view text);
  Status read_zone(std::string_view& host);
  Status read_authority(std::string_view text, std::uint16_t default_port);
  Status read_target(std::string_view text);

  Scheme scheme_ = Scheme::kHttp;
  std::string host_ = "127.0.0.1";
  std::string zone_;
  std::string socket_path_;
  std::uint16_t port_ = kDefaultPort;
  std::string path_;
  std::string query_;
};

/// Everything but RFC 3986's unreserved characters as %XX.
SSE_EXPORT std::string percent_encode(std::string_view text);

/// Undoes percent_encode(). A percent sign without two hexadecimal digits is kInvalid.
SSE_EXPORT Result<std::string> percent_decode(std::string_view text);

}  // namespace sse::client
