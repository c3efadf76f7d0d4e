#include "support/tls_client.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
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

/// Of TLS 1.2 with AES-128-GCM (RFC 5246 section 6.3, RFC 5288).
class ClientKeys {
 public:
  explicit ClientKeys(const SSL* ssl) {
    std::array<unsigned char, SSL_MAX_MASTER_KEY_LENGTH> master;
    const auto size =
        SSL_SESSION_get_master_key(SSL_get_session(ssl), master.data(), master.size());
    std::string seed = "key expansion";
    std::array<unsigned char, SSL3_RANDOM_SIZE> random;
    SSL_get_server_random(ssl, random.data(), random.size());
    seed.append(reinterpret_cast<const char*>(random.data()), random.size());
    SSL_get_client_random(ssl, random.data(), random.size());
    seed.append(reinterpret_cast<const char*>(random.data()), random.size());
    EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr);
    EVP_KDF_CTX* const context = EVP_KDF_CTX_new(kdf);
    std::string digest = "SHA256";
    const std::array<OSSL_PARAM, 4> wanted{
        OSSL_PARAM_construct_utf8_string("digest", digest.data(), 0),
        OSSL_PARAM_construct_octet_string("secret", master.data(), size),
        OSSL_PARAM_construct_octet_string("seed", seed.data(), seed.size()),
        OSSL_PARAM_construct_end()};
    REQUIRE(EVP_KDF_derive(context, block_.data(), block_.size(), wanted.data()) == 1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
  }

  /// A record of the handshake.
  std::string seal(std::uint64_t number, std::string_view text) const {
    std::array<unsigned char, 13> bound{};  // number, type, version, length
    for (std::size_t i = 0; i < 8; ++i)
      bound.at(7 - i) = static_cast<unsigned char>(number >> (8 * i));
    bound[8] = SSL3_RT_HANDSHAKE;
    bound[9] = bound[10] = 3;
    bound[12] = static_cast<unsigned char>(text.size());
    std::array<unsigned char, 12> nonce;
    std::copy_n(block_.begin() + 32, 4, nonce.begin());
    std::copy_n(bound.begin(), 8, nonce.begin() + 4);
    std::array<unsigned char, 64> sealed;
    int size = 0;
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nullptr, block_.data(), nonce.data());
    EVP_EncryptUpdate(context, nullptr, &size, bound.data(), bound.size());
    EVP_EncryptUpdate(context, sealed.data(), &size,
                      reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
    int rest = 0;
    EVP_EncryptFinal_ex(context, sealed.data() + size, &rest);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, sealed.data() + size);
    EVP_CIPHER_CTX_free(context);
    const std::size_t all = 8 + static_cast<std::size_t>(size) + 16;
    std::string record("\x16\x03\x03\0", 4);
    record += static_cast<char>(all);
    record.append(reinterpret_cast<const char*>(bound.data()), 8);
    return record.append(reinterpret_cast<const char*>(sealed.data()), all - 8);
  }

 private:
  std::array<unsigned char, 40> block_;  // both keys, then 4 bytes of nonce for each
};

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

std::string TlsClient::seal_hellos(int count) const {
  const SSL* const ssl = own_->ssl.get();
  const ClientKeys keys(ssl);
  const std::string hello("\x01\0\0\0", 4);
  std::string records;
  // Finished was the first record that was sealed.
  for (int i = 1; i <= count; ++i) records += keys.seal(static_cast<std::uint64_t>(i), hello);
  return records;
}

std::string TlsClient::cipher() const {
  return SSL_get_cipher_name(own_->ssl.get());
}

std::string TlsClient::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(own_->ssl.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace sse::test
