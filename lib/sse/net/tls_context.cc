#include "sse/net/tls_context.h"

#include <ctime>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "sse/base/tls_pem.h"
#include "sse/base/tls_text.h"

namespace sse::net {
namespace {

// TLS 1.2: forward secrecy and authenticated encryption alone. Those of 1.3 are all of that kind.
// AES-128 takes the least of a processor that has it in hardware.
constexpr char kCiphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr char kCiphers13[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr char kGroups[] = "X25519:P-256:P-384";

// Bytes of the chain that a client sends; it is kept as long as the connection. A certificate has
// one to two kilobytes.
constexpr long kMostClientChain = 16L * 1024;

WallTime time_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return WallTime();
  return std::chrono::system_clock::from_time_t(::timegm(&fields));
}

int select_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void* context) {
  const auto& ours = static_cast<const TlsContext*>(context)->protocols();
  for (const std::string& protocol : ours) {
    for (unsigned int at = 0; at < offered_size; at += offered[at] + 1U) {
      const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
      if (name != protocol) continue;
      *chosen = offered + at + 1;
      *size = offered[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_rules(SSL_CTX* native, TlsVersion least) {
  SSL_CTX_set_min_proto_version(native, least == TlsVersion::k13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  // A client that has no AES in hardware asks for ChaCha20 first, and gets it.
  SSL_CTX_set_options(native, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // An end without close_notify ends reading, and does not break what is still written.
  SSL_CTX_set_options(native, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_num_tickets(native, 0);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_early_data(native, 0);
  // An idle connection has 14 kB instead of 47.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  // SSL_read() returns for records without data: TlsSocket counts them.
  SSL_CTX_clear_mode(native, SSL_MODE_AUTO_RETRY);
  // A record takes one read of the socket, not one for its header and one for its body.
  SSL_CTX_set_read_ahead(native, 1);
}

}  // namespace

std::string_view to_string(TlsVersion version) {
  return version == TlsVersion::k12 ? "1.2" : "1.3";
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make(const TlsMaterial& material,
                                                           TlsOptions options) {
  ERR_clear_error();
  SSL_CTX* const native = SSL_CTX_new(TLS_server_method());
  if (native == nullptr) return Error{ErrorCode::kIo, "no TLS: " + take_tls_error()};
  const TlsVersion least = options.least;
  const std::shared_ptr<TlsContext> context(new TlsContext(native, std::move(options)));
  set_rules(native, least);
  if (SSL_CTX_set_cipher_list(native, kCiphers) != 1 ||
      SSL_CTX_set_ciphersuites(native, kCiphers13) != 1 ||
      SSL_CTX_set1_groups_list(native, kGroups) != 1) {
    return Error{ErrorCode::kIo, "no TLS ciphers: " + take_tls_error()};
  }
  SSL_CTX_set_alpn_select_cb(native, select_protocol, context.get());
  SSE_TRY(context->load(material));
  return std::shared_ptr<const TlsContext>(context);
}

TlsContext::TlsContext(ssl_ctx_st* native, TlsOptions options)
    : native_(native), protocols_(std::move(options.protocols)) {
}

TlsContext::~TlsContext() {
  SSL_CTX_free(native_);
}

Status TlsContext::load(const TlsMaterial& material) {
  SSE_TRY(use_identity(native_, material.certificate, material.key));
  const X509* const own = SSL_CTX_get0_certificate(native_);
  valid_from_ = time_of(X509_get0_notBefore(own));
  expires_ = time_of(X509_get0_notAfter(own));
  if (material.client_ca.empty()) return {};
  constexpr char kWhat[] = "the client CA";
  for (const auto& authority : SSE_TRY(read_certificates(material.client_ca, kWhat))) {
    SSE_TRY(trust(native_, authority.get(), kWhat));
    if (SSL_CTX_add_client_CA(native_, authority.get()) != 1) {
      return Error{ErrorCode::kInvalid,
                   "a certificate of the client CA cannot be used: " + take_tls_error()};
    }
  }
  SSL_CTX_set_verify(native_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_max_cert_list(native_, kMostClientChain);
  asks_for_certificates_ = true;
  return {};
}

}  // namespace sse::net
