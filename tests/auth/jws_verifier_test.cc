#include "sse/auth/jws_verifier.h"

#include <string>
#include <utility>
#include <vector>

#include <openssl/core_names.h>

#include "sse/auth/base64url.h"

#include "auth/signing.h"
#include "support/catch.h"

namespace sse::auth {
namespace {

using issuer::SigningKey;
using Kind = TokenFault::Kind;

const std::string kPayload = R"({"iss":"a","exp":1})";
const std::string kSecret = "0123456789abcdef0123456789abcdef";

std::vector<IssuerKey> keys(const std::string& text, const std::string& issuer = "") {
  auto file = parse_key_file(text, "keys", issuer);
  if (!file) FAIL(file.error().text);
  return file->keys;
}

JwsVerifier verifier(std::vector<IssuerKey> with) {
  auto made = JwsVerifier::make(std::move(with));
  if (!made) FAIL(made.error().text);
  return *std::move(made);
}

/// What came of a token, and whether a signature was checked for it.
struct Outcome {
  std::optional<Kind> fault;
  std::string issuer;
  bool was_checked = false;
};

Outcome outcome(const JwsVerifier& with, const std::string& token) {
  const auto jws = parse_jws(token);
  REQUIRE(jws.has_value());
  Outcome outcome;
  const auto key = with.verify(*jws, [&] { return outcome.was_checked = true; });
  if (key) {
    outcome.issuer = (*key)->issuer;
  } else {
    outcome.fault = key.error().kind;
    CHECK_FALSE(key.error().reason.empty());
    CHECK_FALSE(key.error().may_be_told());
  }
  return outcome;
}

std::string header(const std::string& alg, const std::string& more = "") {
  return R"({"alg":")" + alg + "\"" + more + "}";
}

TEST_CASE("A token of each algorithm is verified with its key", "[auth][jws]") {
  const std::pair<const SigningKey*, Algorithm> all[] = {
      {&SigningKey::rsa(), Algorithm::kRs256},
      {&SigningKey::rsa(), Algorithm::kPs256},
      {&SigningKey::p256(), Algorithm::kEs256},
      {&SigningKey::ed25519(), Algorithm::kEdDsa}};
  for (const auto& [key, algorithm] : all) {
    const std::string name(to_string(algorithm));
    CAPTURE(name);
    const auto with = verifier(keys(issuer::key_set({key->jwk(R"("alg":")" + name + '"')}), "a"));
    const auto good = issuer::token(header(name), kPayload, issuer::signer(*key, algorithm));
    CHECK(outcome(with, good).issuer == "a");
    // The last character of the payload, then of the signature.
    auto changed = good;
    const auto dot = changed.rfind('.');
    changed[dot - 2] = changed[dot - 2] == 'A' ? 'B' : 'A';
    CHECK(outcome(with, changed).fault == Kind::kSignature);
    changed = good;
    changed[dot + 5] = changed[dot + 5] == 'A' ? 'B' : 'A';
    CHECK(outcome(with, changed).fault == Kind::kSignature);
    CHECK(outcome(with, good.substr(0, dot + 1)).fault == Kind::kSignature);
  }
  const auto with = verifier(keys(issuer::key_set({issuer::secret_jwk(kSecret)}), "a"));
  CHECK(outcome(with, issuer::token(header("HS256"), kPayload, issuer::hmac_signer(kSecret)))
            .issuer == "a");
  CHECK(outcome(with, issuer::token(header("HS256"), kPayload, issuer::hmac_signer("x"))).fault ==
        Kind::kSignature);
}

TEST_CASE("Keys of PEM verify, too", "[auth][jws]") {
  const auto pem = SigningKey::rsa().public_pem() + "a comment\n" +
                   SigningKey::p256().public_pem() + SigningKey::ed25519().public_pem();
  const auto with = verifier(keys(pem, "a"));
  CHECK(with.keys().size() == 3);
  for (const auto& [key, algorithm] : {std::pair(&SigningKey::rsa(), Algorithm::kRs256),
                                       std::pair(&SigningKey::p256(), Algorithm::kEs256),
                                       std::pair(&SigningKey::ed25519(), Algorithm::kEdDsa)}) {
    const auto good = issuer::token(header(std::string(to_string(algorithm)), R"(,"kid":"any")"),
                                    kPayload, issuer::signer(*key, algorithm));
    CHECK(outcome(with, good).issuer == "a");
  }
}

TEST_CASE("There is no alg none, in any spelling, and no signature is checked", "[auth][jws]") {
  const auto with = verifier(keys(SigningKey::rsa().public_pem()));
  for (const char* none : {"none", "None", "NONE", "nOnE", "", "rs256", "RS256 ", "HS512", "RS384",
                           "ES256K", "ES384", "RSA1_5", "dir"}) {
    CAPTURE(none);
    for (const char* signature : {"", "x"}) {
      const auto token = issuer::token(header(none), kPayload,
                                       [&](std::string_view) { return std::string(signature); });
      const auto result = outcome(with, token);
      CHECK(result.fault == Kind::kKey);
      CHECK_FALSE(result.was_checked);
    }
  }
  const auto escaped_nul = issuer::token(R"({"alg":"RS256\u0000"})", kPayload,
                                         issuer::signer(SigningKey::rsa(), Algorithm::kRs256));
  CHECK(outcome(with, escaped_nul).fault == Kind::kKey);
}

TEST_CASE("A public key is never the secret of an HS256 token", "[auth][jws]") {
  for (const auto& [key, algorithm] :
       {std::pair(&SigningKey::rsa(), "RS256"), std::pair(&SigningKey::p256(), "ES256")}) {
    const auto jwk = key->jwk(R"("alg":")" + std::string(algorithm) + R"(","kid":"k")");
    const auto pem = key->public_pem();
    const auto stripped = pem.substr(0, pem.size() - 1);
    for (const auto& with : {verifier(keys(issuer::key_set({jwk}))), verifier(keys(pem))}) {
      for (const auto& secret : {pem, stripped, key->public_der(), jwk, issuer::key_set({jwk})}) {
        const auto token =
            issuer::token(header("HS256", R"(,"kid":"k")"), kPayload, issuer::hmac_signer(secret));
        const auto result = outcome(with, token);
        CHECK(result.fault == Kind::kKey);
        CHECK_FALSE(result.was_checked);
      }
    }
  }
}

TEST_CASE("A key is used with its own algorithm only", "[auth][jws]") {
  const auto& rsa = SigningKey::rsa();
  const auto with = verifier(keys(issuer::key_set({rsa.jwk(R"("alg":"RS256")")})));
  CHECK(outcome(with,
                issuer::token(header("PS256"), kPayload, issuer::signer(rsa, Algorithm::kPs256)))
            .fault == Kind::kKey);
  // The header says the key's, the signature is the other's.
  CHECK(outcome(with,
                issuer::token(header("RS256"), kPayload, issuer::signer(rsa, Algorithm::kPs256)))
            .fault == Kind::kSignature);
}

TEST_CASE("An ES256 signature has 64 bytes, and neither half is zero", "[auth][jws]") {
  const auto& key = SigningKey::p256();
  const auto with = verifier(keys(key.public_pem()));
  const auto sign = issuer::signer(key, Algorithm::kEs256);
  const auto fault = [&](const issuer::Signer& signer) {
    return outcome(with, issuer::token(header("ES256"), kPayload, signer)).fault;
  };
  CHECK(fault(sign) == std::nullopt);
  CHECK(fault([&](auto text) { return sign(text).substr(0, 63); }) == Kind::kSignature);
  CHECK(fault([&](auto text) { return sign(text) + '\0'; }) == Kind::kSignature);
  CHECK(fault([&](auto text) { return '\0' + sign(text); }) == Kind::kSignature);
  CHECK(fault([&](auto text) { return key.sign_der(text); }) == Kind::kSignature);
  const std::string zero(32, '\0');
  CHECK(fault([&](auto) { return zero + zero; }) == Kind::kSignature);
  CHECK(fault([&](auto text) { return zero + sign(text).substr(32); }) == Kind::kSignature);
  CHECK(fault([&](auto text) { return sign(text).substr(0, 32) + zero; }) == Kind::kSignature);
  // Past the order of the curve.
  CHECK(fault([&](auto text) { return sign(text).substr(0, 32) + std::string(32, '\xff'); }) ==
        Kind::kSignature);
}

TEST_CASE("kid is compared, and never a path or a pattern", "[auth][jws]") {
  const auto& key = SigningKey::p256();
  const auto with = verifier(keys(issuer::key_set({key.jwk(R"("kid":"a")")})));
  const auto sign = issuer::signer(key, Algorithm::kEs256);
  for (const char* kid :
       {"../../../etc/passwd", "/dev/zero", "a' OR '1'='1", "*", "", "A", "a\\n", "a\\u0000"}) {
    CAPTURE(kid);
    const auto result = outcome(
        with,
        issuer::token(header("ES256", R"(,"kid":")" + std::string(kid) + '"'), kPayload, sign));
    CHECK(result.fault == Kind::kKey);
    CHECK_FALSE(result.was_checked);
  }
  CHECK(outcome(with, issuer::token(header("ES256", R"(,"kid":"a")"), kPayload, sign)).fault ==
        std::nullopt);
  CHECK(outcome(with, issuer::token(header("ES256"), kPayload, sign)).fault == std::nullopt);
}

TEST_CASE("Of one kid of two issuers the key that signed is found", "[auth][jws]") {
  const auto a = issuer::key_set({SigningKey::p256().jwk(R"("kid":"1")")});
  const auto b = issuer::key_set({SigningKey::other_p256().jwk(R"("kid":"1")")});
  auto both = keys(a, "https://a");
  const auto more = keys(b, "https://b");
  both.insert(both.end(), more.begin(), more.end());
  const auto with = verifier(both);
  const auto signed_by = [&](const SigningKey& key) {
    return outcome(with, issuer::token(header("ES256", R"(,"kid":"1")"), kPayload,
                                       issuer::signer(key, Algorithm::kEs256)))
        .issuer;
  };
  CHECK(signed_by(SigningKey::p256()) == "https://a");
  CHECK(signed_by(SigningKey::other_p256()) == "https://b");
}

TEST_CASE("While keys overlap both count, then the new one alone", "[auth][jws]") {
  const auto old_key = SigningKey::p256().jwk(R"("kid":"old")");
  const auto new_key = SigningKey::other_p256().jwk(R"("kid":"new")");
  const auto of_old = issuer::token(header("ES256", R"(,"kid":"old")"), kPayload,
                                    issuer::signer(SigningKey::p256(), Algorithm::kEs256));
  const auto of_new = issuer::token(header("ES256", R"(,"kid":"new")"), kPayload,
                                    issuer::signer(SigningKey::other_p256(), Algorithm::kEs256));
  const auto during = verifier(keys(issuer::key_set({old_key, new_key})));
  CHECK(outcome(during, of_old).fault == std::nullopt);
  CHECK(outcome(during, of_new).fault == std::nullopt);
  const auto after = verifier(keys(issuer::key_set({new_key})));
  CHECK(outcome(after, of_old).fault == Kind::kKey);
  CHECK(outcome(after, of_new).fault == std::nullopt);
}

TEST_CASE("A key in the token is not used", "[auth][jws]") {
  const auto with = verifier(keys(issuer::key_set({SigningKey::p256().jwk(R"("kid":"a")")})));
  const auto own = SigningKey::other_p256().jwk(R"("kid":"a")");
  const auto token = issuer::token(header("ES256", R"(,"kid":"a","jwk":)" + own), kPayload,
                                   issuer::signer(SigningKey::other_p256(), Algorithm::kEs256));
  CHECK(outcome(with, token).fault == Kind::kSignature);
}

TEST_CASE("No signature is checked when it may not be", "[auth][jws]") {
  const auto with = verifier(keys(SigningKey::p256().public_pem()));
  const auto token = issuer::token(header("ES256"), kPayload,
                                   issuer::signer(SigningKey::p256(), Algorithm::kEs256));
  const auto jws = parse_jws(token);
  REQUIRE(jws.has_value());
  const auto key = with.verify(*jws, [] { return false; });
  REQUIRE_FALSE(key.has_value());
  CHECK(key.error().kind == Kind::kWait);
}

TEST_CASE("Keys that a token cannot tell apart are refused", "[auth][jws]") {
  const auto a = SigningKey::p256().jwk(R"("kid":"1")");
  const auto b = SigningKey::other_p256().jwk(R"("kid":"1")");
  CHECK_FALSE(JwsVerifier::make(keys(issuer::key_set({a, b}))).has_value());
  const auto pem = SigningKey::p256().public_pem();
  CHECK(JwsVerifier::make(keys(pem + pem + pem + pem)).has_value());
  CHECK_FALSE(JwsVerifier::make(keys(pem + pem + pem + pem + pem)).has_value());
}

}  // namespace
}  // namespace sse::auth
