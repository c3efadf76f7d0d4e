#pragma once

/// \file
/// The other end of a TLS connection in memory: a client of OpenSSL behind a Peer. Nothing is
/// verified here: tests of trust use real programs.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/memory_socket.h"
#include "support/tls_material.h"

namespace sse::test {

struct TlsWish {
  int least = 0;  ///< OpenSSL's number of a version; 0: any
  int most = 0;
  std::string ciphers = {};                 ///< of TLS 1.2; empty: OpenSSL's own
  std::vector<std::string> protocols = {};  ///< for ALPN
  const TlsIdentity* identity = nullptr;    ///< a client certificate
};

/// Loop-affine, as its peer. pump() is where bytes move.
class TlsClient {
 public:
  explicit TlsClient(Peer& peer, const TlsWish& wish = {});
  ~TlsClient();

  /// Takes what the hub has sent, and sends what that and write() have made.
  void pump();
  bool is_done() const;                                   ///< the handshake is
  const std::string& received() const { return plain_; }  ///< plaintext
  std::string take() { return std::exchange(plain_, {}); }
  void write(std::string_view text);
  void close_notify();
  bool saw_close_notify() const;
  /// Asks for other keys; the hub must answer with its own.
  void update_keys();
  /// Begins another handshake, as TLS 1.2 has it.
  void renegotiate();
  const std::string& failure() const { return failure_; }
  std::string protocol() const;
  std::string cipher() const;  ///< OpenSSL's name of it

  /// So many records, each with the begin of another handshake, as OpenSSL's own client makes one
  /// only. For TLS 1.2 with AES-128-GCM and SHA-256, before anything was written.
  std::string seal_hellos(int count) const;

  /// What would be sent now, without sending it.
  std::string take_sealed();
  /// Sealed bytes of the hub.
  void feed(std::string_view sealed);

 private:
  struct Own;
  void advance();

  Peer& peer_;
  const std::unique_ptr<Own> own_;
  std::string plain_;
  std::string failure_;
};

}  // namespace sse::test
