#include "sse/base/tls_pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "sse/base/tls_text.h"

namespace sse {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using OwnedBio = std::unique_ptr<BIO, Freed<BIO_free>>;
using OwnedKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

Error wrong(const std::string& what) {
  return {ErrorCode::kInvalid, what};
}

OwnedBio bio_of(const std::string& text) {
  return OwnedBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Asking for one on a terminal, as OpenSSL does by itself, would hold up the start.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*is_writing*/, void* /*unused*/) {
  return -1;
}

}  // namespace

void FreeCertificate::operator()(x509_st* certificate) const {
  X509_free(certificate);
}

Result<std::vector<OwnedCertificate>> read_certificates(const std::string& text,
                                                        const std::string& what) {
  ERR_clear_error();
  const OwnedBio bio = bio_of(text);
  std::vector<OwnedCertificate> all;
  while (X509* const next = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) {
    all.emplace_back(next);
  }
  const bool met_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = take_tls_error();
  if (!met_end) return wrong(what + " is not a certificate in PEM form: " + reason);
  if (all.empty()) return wrong(what + " has no certificate in PEM form");
  return all;
}

Status use_identity(ssl_ctx_st* context, const std::string& certificate, const std::string& key) {
  const auto chain = SSE_TRY(read_certificates(certificate, "the certificate"));
  const OwnedBio key_text = bio_of(key);
  const OwnedKey own_key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_passphrase, nullptr));
  if (own_key == nullptr) {
    return wrong("the key is not a private key in PEM form without a passphrase: " +
                 take_tls_error());
  }
  X509* const own = chain.front().get();
  if (SSL_CTX_use_certificate(context, own) != 1) {
    return wrong("the certificate cannot be used: " + take_tls_error());
  }
  if (X509_check_private_key(own, own_key.get()) != 1) {
    ERR_clear_error();
    return wrong("the key is not that of the certificate");
  }
  if (SSL_CTX_use_PrivateKey(context, own_key.get()) != 1) {
    return wrong("the key cannot be used: " + take_tls_error());
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
      return wrong("a certificate of the chain cannot be used: " + take_tls_error());
    }
  }
  return {};
}

Status trust(ssl_ctx_st* context, x509_st* authority, const std::string& what) {
  if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority) != 1) {
    return wrong("a certificate of " + what + " cannot be used: " + take_tls_error());
  }
  // An intermediate without its root, too: with the root, every certificate below it would count.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

}  // namespace sse
