#include "sse/auth/static_token.h"

#include <set>
#include <string>

#include "sse/auth/sha256.h"

#include "support/catch.h"

namespace sse::auth {
namespace {

TEST_CASE("A token says its id, whatever is in id and secret", "[auth][token]") {
  for (const char* id : {"ci", "a_b", "_", "a.b-c_", "sse_x"}) {
    CAPTURE(id);
    for (int i = 0; i < 200; ++i) {
      const auto token = make_static_token(id);
      REQUIRE(token.has_value());
      CHECK(token->size() == 4 + std::string(id).size() + 1 + 43);
      CHECK(static_token_id(*token) == id);
    }
  }
}

TEST_CASE("No two tokens are alike", "[auth][token]") {
  std::set<std::string> all;
  for (int i = 0; i < 1'000; ++i) all.insert(*make_static_token("ci"));
  CHECK(all.size() == 1'000);
}

TEST_CASE("What has not the form of a token has no id", "[auth][token]") {
  const std::string secret(43, 'A');
  CHECK(static_token_id("sse_ci_" + secret) == "ci");
  for (const std::string& wrong :
       {std::string(), std::string("sse_"), std::string("sse_ci"), "sse_" + secret,
        "sse__" + secret, "sse_ci-" + secret, "SSE_ci_" + secret, "sse_ci_" + secret + "A",
        "sse_ci_" + secret.substr(1), "sse_c i_" + secret, "sse_c/i_" + secret,
        "sse_ci_" + secret.substr(1) + "=", "sse_ci_" + secret.substr(1) + "B",
        "sse_" + std::string(65, 'x') + "_" + secret, " sse_ci_" + secret}) {
    CAPTURE(wrong);
    CHECK(static_token_id(wrong) == std::nullopt);
  }
}

TEST_CASE("SHA-256 and HMAC are those of the standards", "[auth]") {
  // FIPS 180-2 appendix B.1; RFC 4231 section 4.3.
  CHECK(to_hex(sha256_of("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("A hash is 64 hex digits, and is compared whole", "[auth]") {
  const auto hash = sha256_of("a");
  CHECK(parse_sha256(to_hex(hash)) == hash);
  for (const std::string& wrong :
       {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(63, 'a') + "g"}) {
    CHECK(parse_sha256(wrong) == std::nullopt);
  }
  CHECK(equals_in_constant_time(hash, hash));
  for (std::size_t i = 0; i < hash.size(); ++i) {
    auto other = hash;
    other[i] ^= 1U;
    CHECK_FALSE(equals_in_constant_time(hash, other));
  }
}

}  // namespace
}  // namespace sse::auth
