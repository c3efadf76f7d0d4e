#pragma once

/// \file
/// What a TLS server is: its certificate and key, and which versions, ciphers and protocols it
/// speaks. A door to OpenSSL, whose headers this does not include.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"

struct ssl_ctx_st;

namespace sse::net {

enum class TlsVersion : std::uint8_t { k12, k13 };

/// `1.2`, `1.3`.
SSE_EXPORT std::string_view to_string(TlsVersion version);

/// Texts in PEM form. A value.
struct TlsMaterial {
  std::string certificate;  ///< the server's own, then those between it and its root
  std::string key;          ///< of the first; without a passphrase
  /// The authorities that sign client certificates, each an anchor by itself; empty: no certificate
  /// is asked for.
  std::string client_ca;
};

/// A value.
struct TlsOptions {
  TlsVersion least = TlsVersion::k12;
  /// For ALPN (RFC 7301), the best first. A client that offers only others is refused with the
  /// alert no_application_protocol; one that offers none speaks the last of them.
  std::vector<std::string> protocols = {"http/1.1"};
};

/// TLS 1.2 with ECDHE and AES-GCM or ChaCha20, and TLS 1.3. Neither renegotiation nor compression,
/// tickets, a session cache or early data: a resumed handshake takes as long as a full one with
/// ECDSA, and there is no key that would have to be kept secret and rotated. Immutable.
/// Thread-safe: sockets of several loops may share it.
class SSE_EXPORT TlsContext {
 public:
  /// Errors, kInvalid: no certificate or key in the text, a key with a passphrase, a key that is
  /// not the certificate's, one that OpenSSL's security level refuses.
  static Result<std::shared_ptr<const TlsContext>> make(const TlsMaterial& material,
                                                        TlsOptions options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// When the server's own certificate begins to be valid, and when it expires.
  WallTime valid_from() const { return valid_from_; }
  WallTime expires() const { return expires_; }
  /// Whether clients are asked for a certificate.
  bool asks_for_certificates() const { return asks_for_certificates_; }

  const std::vector<std::string>& protocols() const { return protocols_; }

  /// For TlsSocket.
  ssl_ctx_st* native() const { return native_; }

 private:
  explicit TlsContext(ssl_ctx_st* native, TlsOptions options);
  Status load(const TlsMaterial& material);

  ssl_ctx_st* const native_;
  const std::vector<std::string> protocols_;
  WallTime valid_from_{};
  WallTime expires_{};
  bool asks_for_certificates_ = false;
};

}  // namespace sse::net
