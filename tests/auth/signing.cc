#include "auth/signing.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "sse/auth/base64url.h"
#include "sse/auth/sha256.h"

#include "support/catch.h"

namespace sse::auth::issuer {
namespace {

std::string taken(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

std::string bytes_of_number(const BIGNUM* number, int size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), size);
  return bytes;
}

std::string raw_of(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  REQUIRE(pair != nullptr);
  const auto raw =
      bytes_of_number(ECDSA_SIG_get0_r(pair), 32) + bytes_of_number(ECDSA_SIG_get0_s(pair), 32);
  ECDSA_SIG_free(pair);
  return raw;
}

std::string with_more(const std::string& members, const std::string& more) {
  return "{" + members + (more.empty() ? "" : ",") + more + "}";
}

}  // namespace

const SigningKey& SigningKey::rsa() {
  static const SigningKey key(EVP_RSA_gen(2048));
  return key;
}

const SigningKey& SigningKey::other_rsa() {
  static const SigningKey key(EVP_RSA_gen(2048));
  return key;
}

const SigningKey& SigningKey::p256() {
  static const SigningKey key(EVP_EC_gen("P-256"));
  return key;
}

const SigningKey& SigningKey::other_p256() {
  static const SigningKey key(EVP_EC_gen("P-256"));
  return key;
}

const SigningKey& SigningKey::ed25519() {
  static const SigningKey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  return key;
}

SigningKey SigningKey::small_rsa() {
  return SigningKey(EVP_RSA_gen(1024));
}

SigningKey SigningKey::p384() {
  return SigningKey(EVP_EC_gen("P-384"));
}

std::string SigningKey::sign(Algorithm algorithm, std::string_view text) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* parameters = nullptr;
  const EVP_MD* digest = algorithm == Algorithm::kEdDsa ? nullptr : EVP_sha256();
  REQUIRE(EVP_DigestSignInit(context, &parameters, digest, nullptr, key_.get()) == 1);
  if (algorithm == Algorithm::kPs256) {
    REQUIRE(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1);
    REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1);
  }
  std::string signature(1024, '\0');
  std::size_t size = signature.size();
  REQUIRE(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                         reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return algorithm == Algorithm::kEs256 ? raw_of(signature) : signature;
}

std::string SigningKey::sign_der(std::string_view text) const {
  const auto raw = sign(Algorithm::kEs256, text);
  ECDSA_SIG* pair = ECDSA_SIG_new();
  const auto number = [&](std::size_t at) {
    return BN_bin2bn(reinterpret_cast<const unsigned char*>(raw.data()) + at, 32, nullptr);
  };
  ECDSA_SIG_set0(pair, number(0), number(32));
  std::string der(static_cast<std::size_t>(i2d_ECDSA_SIG(pair, nullptr)), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(pair, &out);
  ECDSA_SIG_free(pair);
  return der;
}

std::string SigningKey::public_pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key_.get());
  return taken(bio);
}

std::string SigningKey::private_pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return taken(bio);
}

std::string SigningKey::public_der() const {
  BIO* bio = BIO_new(BIO_s_mem());
  i2d_PUBKEY_bio(bio, key_.get());
  return taken(bio);
}

std::string SigningKey::part(const char* name) const {
  BIGNUM* number = nullptr;
  REQUIRE(EVP_PKEY_get_bn_param(key_.get(), name, &number) == 1);
  const bool is_coordinate = EVP_PKEY_is_a(key_.get(), "EC") == 1;
  const auto bytes = bytes_of_number(number, is_coordinate ? 32 : BN_num_bytes(number));
  BN_free(number);
  return bytes;
}

std::string SigningKey::jwk(const std::string& more) const {
  const auto member = [this](const char* name) { return base64url(part(name)); };
  if (EVP_PKEY_is_a(key_.get(), "RSA") == 1) {
    return with_more(R"("kty":"RSA","n":")" + member(OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
                         member(OSSL_PKEY_PARAM_RSA_E) + '"',
                     more);
  }
  if (EVP_PKEY_is_a(key_.get(), "EC") == 1) {
    return with_more(R"("kty":"EC","crv":"P-256","x":")" + member(OSSL_PKEY_PARAM_EC_PUB_X) +
                         R"(","y":")" + member(OSSL_PKEY_PARAM_EC_PUB_Y) + '"',
                     more);
  }
  std::string raw(32, '\0');
  std::size_t size = raw.size();
  REQUIRE(EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()),
                                      &size) == 1);
  return with_more(R"("kty":"OKP","crv":"Ed25519","x":")" + base64url(raw) + '"', more);
}

Signer signer(const SigningKey& key, Algorithm algorithm) {
  return [&key, algorithm](std::string_view text) { return key.sign(algorithm, text); };
}

Signer hmac_signer(const std::string& secret) {
  return
      [secret](std::string_view text) { return std::string(bytes_of(hmac_sha256(secret, text))); };
}

std::string token(const std::string& header, const std::string& payload, const Signer& sign) {
  const auto text = base64url(header) + "." + base64url(payload);
  return text + "." + base64url(sign(text));
}

std::string key_set(std::initializer_list<std::string> jwks) {
  std::string all;
  for (const auto& jwk : jwks) all += (all.empty() ? "" : ",") + jwk;
  return R"({"keys":[)" + all + "]}";
}

std::string secret_jwk(const std::string& secret, const std::string& more) {
  return with_more(R"("kty":"oct","alg":"HS256","k":")" + base64url(secret) + '"', more);
}

}  // namespace sse::auth::issuer
