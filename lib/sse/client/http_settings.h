#pragma once

#include <optional>
#include <string>

namespace sse::client {

/// Which servers to trust behind https, and who we are there. All files are PEM.
struct TlsOptions {
  std::string ca_file;        ///< authorities; empty: SSL_CERT_FILE, then the system's
  bool verify = true;         ///< false: every server is trusted
  std::string certificate{};  ///< our own; empty: none
  std::string key{};          ///< its private key; empty: in the file of the certificate
};

/// How requests travel. The same for a stream and for a request with a short response.
struct HttpSettings {
  TlsOptions tls;

  /// `http://host:port`, `https://`, `socks5://`, `socks5h://`, `socks4://` or `socks4a://`.
  /// nullopt: http_proxy, https_proxy and all_proxy of the environment; empty: none. NO_PROXY,
  /// loopback addresses and Unix sockets are reached without a proxy in any case.
  std::optional<std::string> proxy;

  std::string user_agent;  ///< empty: `libsse/VERSION`
};

}  // namespace sse::client
