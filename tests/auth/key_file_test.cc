#include "sse/auth/key_file.h"

#include <string>

#include <openssl/core_names.h>

#include "sse/auth/base64url.h"

#include "auth/signing.h"
#include "support/catch.h"

namespace sse::auth {
namespace {

using issuer::key_set;
using issuer::SigningKey;

const std::string kSecret(32, 's');

std::string error(const std::string& text) {
  const auto file = parse_key_file(text, "keys.json", "a");
  return file ? "" : file.error().text;
}

TEST_CASE("A JWK Set is read, each key with its algorithm, kid and issuer", "[auth][jwks]") {
  const auto file = parse_key_file(
      key_set({SigningKey::rsa().jwk(R"("alg":"PS256","kid":"r","use":"sig")"),
               SigningKey::p256().jwk(R"("key_ops":["verify"],"x5u":"http://127.0.0.1:1/")"),
               SigningKey::ed25519().jwk(R"("alg":"EdDSA","kid":"")"),
               issuer::secret_jwk(kSecret)}),
      "keys.json", "https://a");
  REQUIRE(file.has_value());
  REQUIRE(file->keys.size() == 4);
  CHECK(file->skipped.empty());
  CHECK(file->has_secrets());
  CHECK(file->keys[0].key.algorithm() == Algorithm::kPs256);
  CHECK(file->keys[0].id == "r");
  CHECK(file->keys[0].issuer == "https://a");
  CHECK(file->keys[1].key.algorithm() == Algorithm::kEs256);
  CHECK(file->keys[1].id == std::nullopt);
  CHECK(file->keys[2].key.algorithm() == Algorithm::kEdDsa);
  CHECK(file->keys[2].id == "");
  CHECK(file->keys[3].key.algorithm() == Algorithm::kHs256);
}

TEST_CASE("Keys that are not for our signatures are skipped, and said", "[auth][jwks]") {
  const auto good = SigningKey::p256().jwk();
  const auto& rsa = SigningKey::rsa();
  for (const auto& other :
       {rsa.jwk(R"("alg":"RSA-OAEP","use":"enc")"), rsa.jwk(R"("use":"enc")"),
        rsa.jwk(R"("alg":"RS512")"), rsa.jwk(R"("key_ops":["encrypt"],"alg":"RS256")"),
        std::string(R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})"),
        std::string(R"({"kty":"OKP","crv":"X25519","x":"AA"})"),
        std::string(R"({"kty":"AKP","pub":"AA"})")}) {
    CAPTURE(other);
    const auto file = parse_key_file(key_set({other, good}), "keys.json", "");
    REQUIRE(file.has_value());
    CHECK(file->keys.size() == 1);
    REQUIRE(file->skipped.size() == 1);
    CHECK(file->skipped.front().starts_with("keys.json: key 1: "));
    CHECK(error(key_set({other})) == "keys.json: none of its keys is for signatures of ours");
  }
}

TEST_CASE("A key that is weak, private, broken or unsaid is an error that names it",
          "[auth][jwks]") {
  const auto& rsa = SigningKey::rsa();
  const auto n = base64url(rsa.part(OSSL_PKEY_PARAM_RSA_N));
  const auto x = base64url(SigningKey::p256().part(OSSL_PKEY_PARAM_EC_PUB_X));
  const auto rsa_with = [&](const std::string& exponent) {
    return R"({"kty":"RSA","alg":"RS256","n":")" + n + R"(","e":")" + exponent + "\"}";
  };
  CHECK(error(key_set({SigningKey::small_rsa().jwk(R"("alg":"RS256")")})) ==
        "keys.json: key 1: an RSA key of 1024 bits; expected 2048 to 8192");
  CHECK(error(key_set({rsa.jwk()})) == "keys.json: key 1: alg is missing; expected RS256 or PS256");
  CHECK_FALSE(error(key_set({rsa.jwk(R"("alg":"ES256")")})).empty());
  CHECK_FALSE(error(key_set({rsa.jwk(R"("alg":"HS256")")})).empty());
  CHECK_FALSE(error(key_set({rsa.jwk(R"("alg":"RS256","d":"AQAB")")})).empty());
  CHECK_FALSE(error(key_set({rsa_with("AQ")})).empty());          // 1
  CHECK_FALSE(error(key_set({rsa_with("BA")})).empty());          // even
  CHECK_FALSE(error(key_set({rsa_with("AQAAAAAAAQ")})).empty());  // 49 bits
  CHECK_FALSE(error(key_set({rsa_with("AQAB=")})).empty());
  CHECK(error(key_set({rsa_with("AQAB")})).empty());
  CHECK_FALSE(error(key_set({R"({"kty":"EC","crv":"P-256","x":")" + x + R"(","y":")" + x + "\"}"}))
                  .empty());  // not on the curve
  CHECK_FALSE(error(key_set({R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})"})).empty());
  CHECK_FALSE(error(key_set({R"({"kty":"OKP","crv":"Ed25519","x":"AA"})"})).empty());
  CHECK(error(key_set({issuer::secret_jwk(std::string(31, 's'))})) ==
        "keys.json: key 1: a secret of 31 bytes; HS256 needs at least 32");
  CHECK(error(key_set({R"({"kty":"oct","k":"AA"})"})) ==
        "keys.json: key 1: alg is missing; expected HS256");
  CHECK_FALSE(error(key_set({R"({"kid":"a"})"})).empty());
  CHECK_FALSE(error(key_set({R"({"kty":"EC","kid":7})"})).empty());
  CHECK_FALSE(error(key_set({"7"})).empty());
}

TEST_CASE("No error shows key material", "[auth][jwks]") {
  const std::string secret(31, 'z');
  for (const auto& text :
       {key_set({issuer::secret_jwk(secret)}), key_set({issuer::secret_jwk(secret, R"("kid":7)")}),
        key_set({issuer::secret_jwk(secret, R"("k":"AA")")}),
        key_set({issuer::secret_jwk(secret)}).substr(0, 60), "PRIVATE " + base64url(secret),
        SigningKey::p256().private_pem()}) {
    CAPTURE(text);
    const auto said = error(text);
    CHECK_FALSE(said.empty());
    CHECK(said.find(base64url(secret).substr(0, 10)) == std::string::npos);
    CHECK(said.find("MIG") == std::string::npos);
  }
}

TEST_CASE("Of PEM only whole public keys are read", "[auth][jwks]") {
  const auto good = SigningKey::p256().public_pem();
  CHECK(error(good).empty());
  CHECK(error(SigningKey::p256().private_pem()).find("private key") != std::string::npos);
  CHECK(error(good + SigningKey::rsa().private_pem()).find("private key") != std::string::npos);
  CHECK(error(good.substr(0, good.size() / 2)) == "keys.json: a PEM block that is cut or broken");
  CHECK(error("") == "keys.json: no PUBLIC KEY in it");
  CHECK(
      error("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").find("certificate") !=
      std::string::npos);
  CHECK_FALSE(error("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").empty());
  CHECK(error(SigningKey::small_rsa().public_pem()).find("1024 bits") != std::string::npos);
  CHECK(error(SigningKey::p384().public_pem()).find("not P-256") != std::string::npos);
}

TEST_CASE("A JWK Set is strict JSON of a bounded size", "[auth][jwks]") {
  CHECK_FALSE(error(R"({"keys":[]} x)").empty());
  CHECK_FALSE(error(R"({"keys":[],"keys":[]})").empty());
  CHECK_FALSE(error(R"({"keys":{}})").empty());
  CHECK_FALSE(error(R"({"kty":"oct"})").empty());
  CHECK_FALSE(error(std::string((1U << 20U) + 1, ' ')).empty());
  std::string many;
  for (int i = 0; i < 129; ++i) many += (i == 0 ? "" : ",") + std::string(R"({"kty":"x"})");
  CHECK(error(R"({"keys":[)" + many + "]}") == "keys.json: expected at most 128 keys");
}

}  // namespace
}  // namespace sse::auth
