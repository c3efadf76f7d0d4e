#include "sse/auth/authenticator.h"

#include <memory>
#include <string>
#include <utility>

#include "auth/signing.h"
#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"

namespace sse::auth {
namespace {

using namespace std::chrono_literals;
using issuer::hmac_signer;
using Kind = TokenFault::Kind;

const std::string kSecret(32, 's');
const std::string kStatic = "sse_ci_" + std::string(43, 'A');
const std::string kHeader = R"({"alg":"HS256"})";

std::shared_ptr<const Credentials> credentials(const std::string& secret,
                                               const std::string& more_tokens = "") {
  auto tokens = TokenFile::parse(
      "[[token]]\nid = \"ci\"\nsha256 = \"" + to_hex(sha256_of(kStatic)) + "\"\n" + more_tokens,
      "tokens.toml");
  auto keys = parse_key_file(issuer::key_set({issuer::secret_jwk(secret)}), "keys.json", "");
  auto verifier = JwsVerifier::make(std::move(keys->keys));
  auto made = Credentials::make(*tokens, *std::move(verifier), {});
  if (!made) FAIL(made.error().text);
  return *made;
}

std::string jwt(const std::string& subject, const std::string& secret = kSecret,
                const std::string& exp = "1800000600") {
  return issuer::token(
      kHeader, R"({"sub":")" + subject + R"(","exp":)" + exp + R"(,"sse":{"subscribe":["ci/#"]}})",
      hmac_signer(secret));
}

struct Stage {
  test::ManualClock clock;
  test::FixedRandom random;
  Budget budget{Budget::kStepsPerMillisecond};
  Authenticator authenticator{credentials(kSecret), {10, 10}, random};

  Result<SharedPrincipal, TokenFault> judge(const std::string& token,
                                            const std::string& group = "peer") {
    return authenticator.judge(
        token, [&] { return group; }, clock.now(), budget);
  }
  /// nullopt: it is good.
  std::optional<Kind> fault(const std::string& token, const std::string& group = "peer") {
    const auto judged = judge(token, group);
    return judged ? std::nullopt : std::optional(judged.error().kind);
  }
};

TEST_CASE("Static tokens and signed ones become principals", "[auth]") {
  Stage stage;
  const auto ci = stage.judge(kStatic);
  REQUIRE(ci.has_value());
  CHECK((*ci)->id == "token:ci");
  const auto user = stage.judge(jwt("u"));
  REQUIRE(user.has_value());
  CHECK((*user)->id == "jwt::u");
  CHECK(stage.authenticator.counts().checked == 1);
}

TEST_CASE("A signature is work of the turn, and a lookup is not", "[auth]") {
  Stage stage;
  const auto whole = stage.budget.left();
  CHECK(stage.judge(kStatic).has_value());
  CHECK(stage.budget.left() == whole);
  const auto token = jwt("u");
  CHECK(stage.judge(token).has_value());
  const auto rest = stage.budget.left();
  CHECK(rest < whole);
  CHECK(stage.judge(token).has_value());
  CHECK(stage.budget.left() == rest);
  // Two fill what a loop does for ready sockets in a turn (half a millisecond).
  CHECK(2 * (whole - rest) == Budget::kStepsPerMillisecond / 2);
  CHECK(stage.fault("x.y") == Kind::kForm);
  CHECK(stage.budget.left() == rest);
}

TEST_CASE("The signature of a token is checked once", "[auth]") {
  Stage stage;
  const auto token = jwt("u");
  const auto first = stage.judge(token);
  const auto again = stage.judge(token, "another peer");
  REQUIRE(again.has_value());
  CHECK(*first == *again);
  CHECK(stage.authenticator.counts().checked == 1);
  CHECK(stage.authenticator.counts().cached == 1);
  stage.clock.advance(600s + 30s);
  CHECK(stage.fault(token) == Kind::kClaims);
}

TEST_CASE("The 31st bad token does no signature", "[auth]") {
  Stage stage;
  for (int i = 0; i < 30; ++i) {
    CHECK(stage.fault(jwt("u" + std::to_string(i), "wrong")) == Kind::kSignature);
  }
  CHECK(stage.authenticator.counts().checked == 30);
  CHECK(stage.fault(jwt("u30", "wrong")) == Kind::kWait);
  CHECK(stage.fault(jwt("a good one")) == Kind::kWait);
  CHECK(stage.authenticator.counts().checked == 30);
  CHECK(stage.fault(jwt("a good one"), "another peer") == std::nullopt);
  stage.clock.advance(1s);
  CHECK(stage.fault(jwt("a better one")) == std::nullopt);
  CHECK(stage.fault(jwt("another good one")) == std::nullopt);
}

TEST_CASE("What is looked up never waits for a neighbour's failures", "[auth]") {
  Stage stage;
  const auto known = jwt("known");
  CHECK(stage.fault(known) == std::nullopt);
  for (int i = 0; i < 1'000; ++i) CHECK(stage.fault(jwt("u" + std::to_string(i), "wrong")));
  CHECK(stage.fault(known) == std::nullopt);
  CHECK(stage.fault(kStatic) == std::nullopt);
  CHECK(stage.authenticator.counts().checked == 31);
}

TEST_CASE("A token that no key could have signed uses up no failures", "[auth]") {
  Stage stage;
  const auto other = issuer::token(R"({"alg":"none"})", "{}", [](auto) { return ""; });
  for (int i = 0; i < 100; ++i) CHECK(stage.fault(other) == Kind::kKey);
  CHECK(stage.fault(jwt("u")) == std::nullopt);
  CHECK(stage.authenticator.counts().checked == 1);
}

TEST_CASE("An expired token is a failure each time, for it costs a signature", "[auth]") {
  Stage stage;
  const auto expired = jwt("u", kSecret, "1799999000");
  for (int i = 0; i < 30; ++i) CHECK(stage.fault(expired) == Kind::kClaims);
  CHECK(stage.fault(expired) == Kind::kWait);
}

TEST_CASE("A reason may be told only when the signature was good", "[auth]") {
  Stage stage;
  const auto may_be_told = [&](const std::string& token) {
    const auto judged = stage.judge(token);
    REQUIRE_FALSE(judged.has_value());
    CHECK_FALSE(judged.error().reason.empty());
    return judged.error().may_be_told();
  };
  CHECK(may_be_told(jwt("u", kSecret, "1")));
  CHECK_FALSE(may_be_told(jwt("u", "wrong", "1")));
  CHECK_FALSE(may_be_told(jwt("u") + "A"));
  CHECK_FALSE(may_be_told(""));
  CHECK_FALSE(may_be_told("Basic"));
  CHECK_FALSE(may_be_told("sse_ci_" + std::string(42, 'A') + "E"));
  CHECK_FALSE(may_be_told("sse_no_" + std::string(43, 'A')));
}

TEST_CASE("No reason shows a secret", "[auth]") {
  Stage stage;
  const std::string secret = std::string(42, 'Q') + "E";
  for (const auto& token : {"sse_ci_" + secret, "sse_no_" + secret, secret, "x." + secret + ".y"}) {
    const auto judged = stage.judge(token);
    REQUIRE_FALSE(judged.has_value());
    CHECK(judged.error().reason.find("QQQQ") == std::string::npos);
  }
}

TEST_CASE("New credentials count at once, and the old ones no more", "[auth]") {
  Stage stage;
  const auto token = jwt("u");
  CHECK(stage.fault(token) == std::nullopt);
  const std::string other(32, 'o');
  stage.authenticator.replace(credentials(other));
  CHECK(stage.fault(token) == Kind::kSignature);
  CHECK(stage.fault(jwt("u", other)) == std::nullopt);
}

TEST_CASE("A static token that has expired says so", "[auth]") {
  Stage stage;
  const std::string token = "sse_old_" + std::string(43, 'A');
  stage.authenticator.replace(credentials(kSecret, "[[token]]\nid = \"old\"\nsha256 = \"" +
                                                       to_hex(sha256_of(token)) +
                                                       "\"\nexpires = 2020-01-01T00:00:00Z\n"));
  const auto judged = stage.judge(token);
  REQUIRE_FALSE(judged.has_value());
  CHECK(judged.error().reason == "the token expired at 2020-01-01T00:00:00Z");
  CHECK(judged.error().may_be_told());
}

TEST_CASE("Without a credential a peer is what [anonymous] says", "[auth]") {
  Stage stage;
  CHECK(stage.authenticator.anonymous() == nullptr);
  stage.authenticator.replace(credentials(kSecret, "[anonymous]\nsubscribe = [\"public/#\"]\n"));
  REQUIRE(stage.authenticator.anonymous() != nullptr);
  // A bad token is never anonymous.
  CHECK(stage.fault("x") == Kind::kForm);
}

TEST_CASE("A public key needs an audience", "[auth]") {
  const auto make = [](ClaimRules rules) {
    auto keys = parse_key_file(issuer::SigningKey::p256().public_pem(), "keys.pem", "");
    auto verifier = JwsVerifier::make(std::move(keys->keys));
    return Credentials::make(nullptr, *std::move(verifier), std::move(rules)).has_value();
  };
  CHECK_FALSE(make({}));
  ClaimRules rules;
  rules.audiences = {"sse"};
  CHECK(make(rules));
}

}  // namespace
}  // namespace sse::auth
