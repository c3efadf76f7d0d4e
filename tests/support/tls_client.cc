#include "support/tls_client.h"

#include <array>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "support/catch.h"

namespace sse::test {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

void use(SSL* ssl, const TlsIdentity& identity) {
  BIO* const certificate = BIO_new_mem_buf(identity.certificate.data(), -1);
  BIO* const key = BIO_new_mem_buf(identity.key.data(), -1);
  X509* const read = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
  EVP_PKEY* const read_key = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
  REQUIRE(SSL_use_certificate(ssl, read) == 1);
  REQUIRE(SSL_use_PrivateKey(ssl, read_key) == 1);
  X509_free(read);
  EVP_PKEY_free(read_key);
  BIO_free(certificate);
  BIO_free(key);
}

}  // namespace

struct TlsClient::Own {
  std::unique_ptr<SSL_CTX, FreeContext> context{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<SSL, FreeSsl> ssl{SSL_new(context.get())};
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
};

TlsClient::TlsClient(Peer& peer, const TlsWish& wish) : peer_(peer), own_(std::make_unique<Own>()) {
  SSL* const ssl = own_->ssl.get();
  SSL_set_bio(ssl, own_->in, own_->out);
  BIO_set_mem_eof_return(own_->in, -1);
  SSL_set_connect_state(ssl);
  // The hub is what is tested, so the client may be as weak as it is asked to be.
  SSL_set_security_level(ssl, 0);
  SSL_set_min_proto_version(ssl, wish.least);
  SSL_set_max_proto_version(ssl, wish.most);
  if (!wish.ciphers.empty()) REQUIRE(SSL_set_cipher_list(ssl, wish.ciphers.c_str()) == 1);
  std::string protocols;
  for (const auto& protocol : wish.protocols) {
    protocols += static_cast<char>(protocol.size());
    protocols += protocol;
  }
  SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(protocols.data()),
                      static_cast<unsigned>(protocols.size()));
  if (wish.identity != nullptr) use(ssl, *wish.identity);
}

TlsClient::~TlsClient() = default;

void TlsClient::pump() {
  feed(peer_.take());
  const std::string sealed = take_sealed();
  if (!sealed.empty()) peer_.send(sealed);
}

void TlsClient::feed(std::string_view sealed) {
  if (!sealed.empty()) BIO_write(own_->in, sealed.data(), static_cast<int>(sealed.size()));
  advance();
}

void TlsClient::advance() {
  SSL* const ssl = own_->ssl.get();
  std::array<char, 16'384> buffer;
  for (;;) {
    ERR_clear_error();
    const bool reads = is_done();
    const int got = reads ? SSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()))
                          : SSL_do_handshake(ssl);
    if (got <= 0) {
      if (SSL_get_error(ssl, got) == SSL_ERROR_SSL) {
        const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
        failure_ = reason != nullptr ? reason : "?";
      }
      return;
    }
    if (reads) plain_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string TlsClient::take_sealed() {
  std::string sealed(BIO_ctrl_pending(own_->out), '\0');
  if (!sealed.empty()) BIO_read(own_->out, sealed.data(), static_cast<int>(sealed.size()));
  return sealed;
}

bool TlsClient::is_done() const {
  return SSL_is_init_finished(own_->ssl.get()) != 0;
}

void TlsClient::write(std::string_view text) {
  ERR_clear_error();
  REQUIRE(SSL_write(own_->ssl.get(), text.data(), static_cast<int>(text.size())) ==
          static_cast<int>(text.size()));
}

void TlsClient::close_notify() {
  SSL_shutdown(own_->ssl.get());
}

bool TlsClient::saw_close_notify() const {
  return (SSL_get_shutdown(own_->ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

void TlsClient::update_keys() {
  REQUIRE(SSL_key_update(own_->ssl.get(), SSL_KEY_UPDATE_REQUESTED) == 1);
  SSL_do_handshake(own_->ssl.get());
}

void TlsClient::renegotiate() {
  REQUIRE(SSL_renegotiate(own_->ssl.get()) == 1);
  SSL_do_handshake(own_->ssl.get());
}

std::string TlsClient::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(own_->ssl.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace sse::test
