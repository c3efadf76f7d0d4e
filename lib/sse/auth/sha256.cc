#include "sse/auth/sha256.h"

#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "sse/base/ascii.h"
#include "sse/base/check.h"

namespace sse::auth {
namespace {

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

// Each request with a token is hashed. To find the algorithm and to make a context takes longer
// than the hash, so both are kept: EVP_Digest() does it each time.
Sha256 sha256_of(std::string_view text) {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  Sha256 digest{};
  // It fails only where OpenSSL has no SHA-256 (a broken installation).
  SSE_CHECK(algorithm != nullptr && context != nullptr &&
            EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1 &&
            EVP_DigestUpdate(context.get(), text.data(), text.size()) == 1 &&
            EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

Sha256 hmac_sha256(std::string_view key, std::string_view text) {
  Sha256 digest{};
  SSE_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(text), text.size(),
                 digest.data(), nullptr) != nullptr);
  return digest;
}

std::string to_hex(const Sha256& digest) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const auto byte : digest) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

std::optional<Sha256> parse_sha256(std::string_view hex) {
  Sha256 digest{};
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

bool equals_in_constant_time(const Sha256& a, const Sha256& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<Sha256> random_secret() {
  Sha256 secret{};
  if (RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1) {
    return Error{ErrorCode::kUnavailable, "cannot make a secret: OpenSSL has no randomness"};
  }
  return secret;
}

}  // namespace sse::auth
