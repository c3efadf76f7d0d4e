#pragma once

/// \file
/// Keys that signatures are checked with. The door to OpenSSL's EVP: every primitive is OpenSSL's,
/// and what stands here is which key may be used with which algorithm.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::auth {

/// Of RFC 7518 section 3.1 and RFC 8037. `none` does not exist.
enum class Algorithm : std::uint8_t { kRs256, kPs256, kEs256, kEdDsa, kHs256 };

/// `RS256` ...
SSE_EXPORT std::string_view to_string(Algorithm algorithm);
/// Byte for byte; nullopt for every other text.
SSE_EXPORT std::optional<Algorithm> parse_algorithm(std::string_view text);

/// Of an RSA key. A longer one takes a loop's time: 16,384 bits some milliseconds.
inline constexpr int kMinRsaBits = 2'048;
inline constexpr int kMaxRsaBits = 8'192;
/// Of an HS256 secret, in bytes (RFC 7518 section 3.2).
inline constexpr std::size_t kMinSecretSize = 32;

/// A key and the one algorithm that it is used with (RFC 8725 section 3.1). Immutable, cheap to
/// copy. Thread-safe.
class SSE_EXPORT EvpKey {
 public:
  // Numbers and points as a JWK has them, decoded: big-endian bytes. Errors: kInvalid.

  /// `algorithm`: RS256 or PS256.
  static Result<EvpKey> rsa(Algorithm algorithm, std::string_view modulus,
                            std::string_view exponent);
  /// Of P-256; each coordinate has 32 bytes.
  static Result<EvpKey> p256(std::string_view x, std::string_view y);
  static Result<EvpKey> ed25519(std::string_view key);
  static Result<EvpKey> hmac(std::string_view secret);

  /// The `PUBLIC KEY` blocks of a PEM file (RFC 7468): RSA is RS256, RSASSA-PSS is PS256, P-256 is
  /// ES256, Ed25519 is EdDSA. Error: kInvalid for a block of another kind, one that is broken, and
  /// a text without any.
  static Result<std::vector<EvpKey>> from_pem(std::string_view pem);

  Algorithm algorithm() const { return algorithm_; }
  /// Whether who has the key can sign.
  bool is_secret() const { return algorithm_ == Algorithm::kHs256; }

  /// `signature` in the form of RFC 7518: ES256 has exactly 64 bytes, r and s, neither zero.
  bool verifies(std::string_view text, std::string_view signature) const;

  /// The signature of `text`; nullopt for a key that is not a secret.
  std::optional<std::string> sign(std::string_view text) const;

 private:
  struct Material;

  EvpKey(Algorithm algorithm, std::shared_ptr<const Material> material);

  Algorithm algorithm_;
  std::shared_ptr<const Material> material_;
};

}  // namespace sse::auth
