#pragma once

#include <string>
#include <vector>

#include "sse/net/tls_context.h"

namespace sse::net {

/// What a handshake has settled. A value.
struct TlsPeer {
  TlsVersion version = TlsVersion::k13;
  std::string protocol;  ///< by ALPN; `http/1.1` when the client asked for none
  /// Of the client's certificate, which an authority of TlsMaterial::client_ca has signed, as
  /// certificate_name() has them: its fingerprint, then its alternative names (DNS names, mail
  /// addresses and URIs) in their order, or the common name of its subject if it has no such
  /// extension. Empty: the client has sent no certificate.
  std::vector<std::string> names;
};

}  // namespace sse::net
