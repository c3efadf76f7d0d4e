#pragma once

/// \file
/// Keys and certificates for tests, made in memory.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sse/net/tls_context.h"

namespace sse::test {

/// A certificate with its key (ECDSA P-256), in PEM form.
struct TlsIdentity {
  std::string certificate;
  std::string key;
};

struct CertificateWish {
  std::string name = "hub.test";           ///< common name of the subject
  std::string alternatives = {};           ///< `DNS:hub.test,IP:127.0.0.1`; empty: none
  std::chrono::seconds valid_from{-3600};  ///< from now
  std::chrono::seconds valid_until{86'400};
};

/// Signs certificates. Thread-compatible.
class Authority {
 public:
  Authority();
  /// One below another.
  explicit Authority(const Authority& root);
  ~Authority();

  const std::string& certificate() const { return certificate_; }
  TlsIdentity issue(const CertificateWish& wish = {}) const;

 private:
  struct Own;
  std::unique_ptr<Own> own_;
  std::string certificate_;
};

/// A context whose certificate is of a new authority.
std::shared_ptr<const net::TlsContext> make_tls_context(net::TlsOptions options = {});

}  // namespace sse::test
