#include "sse/auth/evp_key.h"

#include <algorithm>
#include <climits>
#include <utility>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "sse/auth/sha256.h"
#include "sse/base/escape.h"

namespace sse::auth {
namespace {

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};

using PkeyPtr = std::unique_ptr<EVP_PKEY, Free<&EVP_PKEY_free>>;
using PkeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Free<&EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Free<&EVP_MD_CTX_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Free<&BN_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Free<&OSSL_PARAM_BLD_free>>;
using ParametersPtr = std::unique_ptr<OSSL_PARAM, Free<&OSSL_PARAM_free>>;
using BioPtr = std::unique_ptr<BIO, Free<&BIO_free_all>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, Free<&ECDSA_SIG_free>>;

constexpr std::size_t kCoordinateSize = 32;  // of P-256, and half of a signature
constexpr std::size_t kEd25519KeySize = 32;
constexpr std::size_t kEd25519SignatureSize = 64;
constexpr const char* kP256 = "prime256v1";

// libcurl and others read the thread's list of errors, too: ours do not stay in it.
class ErrorsCleared {
 public:
  ErrorsCleared() { ERR_set_mark(); }
  ~ErrorsCleared() { ERR_pop_to_mark(); }
  ErrorsCleared(const ErrorsCleared&) = delete;
  ErrorsCleared& operator=(const ErrorsCleared&) = delete;
};

Error invalid(std::string text) {
  return {ErrorCode::kInvalid, std::move(text)};
}

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

NumberPtr number(std::string_view big_endian) {
  return NumberPtr(BN_bin2bn(bytes(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

PkeyPtr pkey_of(const char* type, OSSL_PARAM_BLD* builder) {
  const ParametersPtr parameters(OSSL_PARAM_BLD_to_param(builder));
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return PkeyPtr(key);
}

/// That a point is on its curve, and a modulus is one.
bool is_sound(EVP_PKEY* key) {
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return context && EVP_PKEY_public_check(context.get()) == 1;
}

Status check_rsa(EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return invalid("an RSA key of " + std::to_string(bits) + " bits; expected " +
                   std::to_string(kMinRsaBits) + " to " + std::to_string(kMaxRsaBits));
  }
  BIGNUM* exponent = nullptr;
  const bool has_exponent = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1;
  const NumberPtr owned(exponent);
  // With 1 every text is its own signature; a long one makes each check slow.
  constexpr int kMostBits = 33;
  if (!has_exponent || BN_is_one(exponent) || !BN_is_odd(exponent) ||
      BN_num_bits(exponent) > kMostBits) {
    return invalid("an RSA key with an unusual exponent; expected 65537");
  }
  return is_sound(key) ? Status() : invalid("the numbers are not an RSA key");
}

/// The signature in the form that OpenSSL reads; empty when r or s is zero.
std::string der_of(std::string_view signature) {
  auto r = number(signature.substr(0, kCoordinateSize));
  auto s = number(signature.substr(kCoordinateSize));
  const SignaturePtr pair(ECDSA_SIG_new());
  if (!r || !s || !pair || BN_is_zero(r.get()) || BN_is_zero(s.get())) return {};
  if (ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());  // both belong to the pair now
  static_cast<void>(s.release());
  const int size = i2d_ECDSA_SIG(pair.get(), nullptr);
  if (size <= 0) return {};
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(pair.get(), &out);
  return der;
}

bool set_padding(EVP_PKEY_CTX* context, Algorithm algorithm) {
  if (algorithm == Algorithm::kRs256) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  }
  if (algorithm != Algorithm::kPs256) return true;
  // RFC 7518 section 3.5: the salt has the size of the hash, and MGF1 the same hash.
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

Result<Algorithm> algorithm_of(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) return Algorithm::kRs256;
  if (EVP_PKEY_is_a(key, "RSA-PSS") == 1) return Algorithm::kPs256;
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return Algorithm::kEdDsa;
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    char group[64] = "";
    std::size_t size = 0;
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                       &size) == 1 &&
        std::string_view(group) == kP256) {
      return Algorithm::kEs256;
    }
    return invalid("an elliptic curve that is not P-256");
  }
  return invalid("a key that is not RSA, P-256 or Ed25519");
}

Status check_kind_of_block(std::string_view name) {
  if (name == "PUBLIC KEY") return {};
  if (name.ends_with("PRIVATE KEY")) {
    return invalid(
        "it holds a private key, which only the issuer may have; make the public one "
        "with openssl pkey -pubout");
  }
  if (name.ends_with("CERTIFICATE")) {
    return invalid("it holds a certificate; take its key with openssl x509 -pubkey -noout");
  }
  return invalid("it holds " + quoted(name) + "; expected PUBLIC KEY");
}

}  // namespace

struct EvpKey::Material {
  Material(PkeyPtr public_key, std::string hmac_secret)
      : pkey(std::move(public_key)), secret(std::move(hmac_secret)) {}
  ~Material() { OPENSSL_cleanse(secret.data(), secret.size()); }
  Material(const Material&) = delete;
  Material& operator=(const Material&) = delete;

  const PkeyPtr pkey;  // null for HS256
  std::string secret;  // of HS256
};

EvpKey::EvpKey(Algorithm algorithm, std::shared_ptr<const Material> material)
    : algorithm_(algorithm), material_(std::move(material)) {
}

std::string_view to_string(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kRs256:
      return "RS256";
    case Algorithm::kPs256:
      return "PS256";
    case Algorithm::kEs256:
      return "ES256";
    case Algorithm::kEdDsa:
      return "EdDSA";
    case Algorithm::kHs256:
      return "HS256";
  }
  return "RS256";
}

std::optional<Algorithm> parse_algorithm(std::string_view text) {
  for (const auto each : {Algorithm::kRs256, Algorithm::kPs256, Algorithm::kEs256,
                          Algorithm::kEdDsa, Algorithm::kHs256}) {
    if (text == to_string(each)) return each;
  }
  return std::nullopt;
}

Result<EvpKey> EvpKey::rsa(Algorithm algorithm, std::string_view modulus,
                           std::string_view exponent) {
  const ErrorsCleared cleared;
  if (algorithm != Algorithm::kRs256 && algorithm != Algorithm::kPs256) {
    return invalid("an RSA key with an algorithm that is not RS256 or PS256");
  }
  if (modulus.size() > kMaxRsaBits || exponent.size() > kMaxRsaBits) {
    return invalid("the numbers are too long for an RSA key");
  }
  const auto n = number(modulus);
  const auto e = number(exponent);
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return invalid("the numbers are not an RSA key");
  }
  auto key = pkey_of("RSA", builder.get());
  if (!key) return invalid("the numbers are not an RSA key");
  SSE_TRY(check_rsa(key.get()));
  return EvpKey(algorithm, std::make_shared<Material>(std::move(key), std::string()));
}

Result<EvpKey> EvpKey::p256(std::string_view x, std::string_view y) {
  const ErrorsCleared cleared;
  if (x.size() != kCoordinateSize || y.size() != kCoordinateSize) {
    return invalid("a coordinate of P-256 that has not 32 bytes");
  }
  std::string point(1, POINT_CONVERSION_UNCOMPRESSED);
  point.append(x).append(y);
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, kP256, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return invalid("the point is not a key");
  }
  auto key = pkey_of("EC", builder.get());
  if (!key || !is_sound(key.get())) return invalid("the point is not on the curve P-256");
  return EvpKey(Algorithm::kEs256, std::make_shared<Material>(std::move(key), std::string()));
}

Result<EvpKey> EvpKey::ed25519(std::string_view key) {
  const ErrorsCleared cleared;
  if (key.size() != kEd25519KeySize) return invalid("a key of Ed25519 that has not 32 bytes");
  PkeyPtr made(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(key), kEd25519KeySize));
  if (!made) return invalid("the bytes are not a key of Ed25519");
  return EvpKey(Algorithm::kEdDsa, std::make_shared<Material>(std::move(made), std::string()));
}

Result<EvpKey> EvpKey::hmac(std::string_view secret) {
  if (secret.size() < kMinSecretSize) {
    return invalid("a secret of " + std::to_string(secret.size()) +
                   " bytes; HS256 needs at least " + std::to_string(kMinSecretSize));
  }
  if (secret.size() > INT_MAX) return invalid("a secret that is too long");
  return EvpKey(Algorithm::kHs256, std::make_shared<Material>(nullptr, std::string(secret)));
}

Result<std::vector<EvpKey>> EvpKey::from_pem(std::string_view pem) {
  const ErrorsCleared cleared;
  if (pem.size() > INT_MAX) return invalid("it is too large");
  const BioPtr input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!input) return invalid("out of memory");
  std::vector<EvpKey> keys;
  for (;;) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_read_bio(input.get(), &name, &header, &data, &size) != 1) break;
    const std::string kind(name);
    const unsigned char* at = data;
    PkeyPtr key(d2i_PUBKEY(nullptr, &at, size));
    const bool is_whole = at == data + size;
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
    SSE_TRY(check_kind_of_block(kind));
    if (!key || !is_whole) return invalid("a PUBLIC KEY that cannot be read");
    const auto algorithm = SSE_TRY(algorithm_of(key.get()));
    const bool is_rsa = algorithm == Algorithm::kRs256 || algorithm == Algorithm::kPs256;
    if (is_rsa) SSE_TRY(check_rsa(key.get()));
    if (algorithm == Algorithm::kEs256 && !is_sound(key.get())) {
      return invalid("the point is not on the curve P-256");
    }
    keys.push_back(EvpKey(algorithm, std::make_shared<Material>(std::move(key), std::string())));
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return invalid("a PEM block that is cut or broken");
  }
  if (keys.empty()) return invalid("no PUBLIC KEY in it");
  return keys;
}

std::optional<std::string> EvpKey::sign(std::string_view text) const {
  if (!is_secret()) return std::nullopt;
  return std::string(bytes_of(hmac_sha256(material_->secret, text)));
}

bool EvpKey::verifies(std::string_view text, std::string_view signature) const {
  if (algorithm_ == Algorithm::kHs256) {
    Sha256 given{};
    if (signature.size() != given.size()) return false;
    std::copy(signature.begin(), signature.end(), given.begin());
    return equals_in_constant_time(hmac_sha256(material_->secret, text), given);
  }
  const ErrorsCleared cleared;
  std::string der;
  if (algorithm_ == Algorithm::kEs256) {
    if (signature.size() != 2 * kCoordinateSize) return false;
    der = der_of(signature);
    if (der.empty()) return false;
    signature = der;
  }
  const bool is_ed25519 = algorithm_ == Algorithm::kEdDsa;
  if (is_ed25519 && signature.size() != kEd25519SignatureSize) return false;
  const DigestContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;  // belongs to the context
  const EVP_MD* digest = is_ed25519 ? nullptr : EVP_sha256();
  if (!context || EVP_DigestVerifyInit(context.get(), &parameters, digest, nullptr,
                                       material_->pkey.get()) != 1) {
    return false;
  }
  return set_padding(parameters, algorithm_) &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text),
                          text.size()) == 1;
}

}  // namespace sse::auth
