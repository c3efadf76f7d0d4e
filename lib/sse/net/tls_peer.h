#pragma once

#include <string>
#include <vector>

#include "sse/net/tls_context.h"

namespace sse::net {

/// What a handshake has settled. A value.
struct TlsPeer {
  TlsVersion version = TlsVersion::k13;
  std::string protocol;  ///< by ALPN; `http/1.1` when the client asked for none
  /// What the client's certificate names, which an authority of TlsMaterial::client_ca has signed:
  /// the common name of its subject, then its DNS names, mail addresses and URIs. Empty: it has
  /// sent none.
  std::vector<std::string> names;
};

}  // namespace sse::net
