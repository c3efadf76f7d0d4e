#pragma once

/// \file
/// The issuer's side: keys that are made for a test, and tokens signed with them.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "sse/auth/evp_key.h"

namespace sse::auth::issuer {

/// A pair of keys, made once for each process.
class SigningKey {
 public:
  static const SigningKey& rsa();  ///< 2,048 bits
  static const SigningKey& other_rsa();
  static const SigningKey& p256();
  static const SigningKey& other_p256();
  static const SigningKey& ed25519();
  /// Of a size that is refused.
  static SigningKey small_rsa();
  static SigningKey p384();

  /// As a JWS has it.
  std::string sign(Algorithm algorithm, std::string_view text) const;
  /// An ECDSA signature in DER, as OpenSSL makes it.
  std::string sign_der(std::string_view text) const;

  std::string public_pem() const;
  std::string private_pem() const;
  std::string public_der() const;
  /// With `more` members, such as `"kid":"a","alg":"RS256"`; none when empty.
  std::string jwk(const std::string& more = "") const;
  /// A number or point of the public key, as bytes.
  std::string part(const char* name) const;

 private:
  explicit SigningKey(EVP_PKEY* key) : key_(key, &EVP_PKEY_free) {}

  std::shared_ptr<EVP_PKEY> key_;
};

using Signer = std::function<std::string(std::string_view)>;

Signer signer(const SigningKey& key, Algorithm algorithm);
Signer hmac_signer(const std::string& secret);

/// `header.payload.signature`, of JSON texts.
std::string token(const std::string& header, const std::string& payload, const Signer& sign);

/// `{"keys":[...]}`
std::string key_set(std::initializer_list<std::string> jwks);
std::string secret_jwk(const std::string& secret, const std::string& more = "");

}  // namespace sse::auth::issuer
