// What a token's header may say, and what refuses it before any key is looked for.

#include "sse/auth/jws.h"

#include <string>

#include "sse/auth/base64url.h"

#include "auth/signing.h"
#include "support/catch.h"

namespace sse::auth {
namespace {

const std::string kPayload = R"({"exp":1})";

std::string with_header(const std::string& header) {
  return issuer::token(header, kPayload, [](std::string_view) { return "signature"; });
}

std::string reason(const std::string& token) {
  const auto jws = parse_jws(token);
  if (jws) return "";
  CHECK(jws.error().kind == TokenFault::Kind::kForm);
  CHECK_FALSE(jws.error().may_be_told());
  return jws.error().reason;
}

TEST_CASE("A token is taken apart", "[auth][jws]") {
  const auto token = with_header(R"({"alg":"ES256","kid":"a","typ":"JWT"})");
  CHECK(looks_like_jws(token));
  const auto jws = parse_jws(token);
  REQUIRE(jws.has_value());
  CHECK(jws->algorithm == "ES256");
  CHECK(jws->key_id == "a");
  CHECK(jws->payload == kPayload);
  CHECK(jws->signature == "signature");
  CHECK(std::string(jws->signed_text) + "." + base64url("signature") == token);
}

TEST_CASE("alg is a string, and there", "[auth][jws]") {
  CHECK(reason(with_header(R"({"alg":["RS256"]})")) ==
        "header: alg: expected the name of an algorithm, got an array");
  CHECK(reason(with_header("{}")).starts_with("header: alg: "));
  CHECK_FALSE(reason(with_header(R"({"alg":null})")).empty());
  CHECK_FALSE(reason(with_header(R"({"alg":{"a":"RS256"}})")).empty());
}

TEST_CASE("A key that is there twice refuses the token, however it is written", "[auth][jws]") {
  CHECK(reason(with_header(R"({"alg":"none","alg":"RS256"})")) ==
        R"(header: the key "alg" is there twice; expected it once)");
  CHECK_FALSE(reason(with_header(R"({"alg":"RS256","\u0061lg":"none"})")).empty());
  CHECK_FALSE(reason(with_header(R"({"alg":"RS256","kid":"a","kid":"b"})")).empty());
  CHECK_FALSE(reason(with_header(R"({"alg":"RS256","x":{"a":1,"a":2}})")).empty());
}

TEST_CASE("crit, b64, zip and enc refuse a token", "[auth][jws]") {
  for (const char* more : {R"("crit":["exp"])", R"("crit":[])", R"("b64":false)", R"("b64":true)",
                           R"("zip":"DEF")", R"("enc":"A128GCM")"}) {
    CAPTURE(more);
    CHECK_FALSE(reason(with_header(R"({"alg":"RS256",)" + std::string(more) + "}")).empty());
  }
}

TEST_CASE("jwk, jku, x5u and x5c are not read", "[auth][jws]") {
  const auto jws = parse_jws(with_header(
      R"({"alg":"RS256","jku":"http://127.0.0.1:1/keys","x5u":7,"x5c":["x"],"jwk":{"kty":"oct"}})"));
  REQUIRE(jws.has_value());
  CHECK(jws->key_id == std::nullopt);
}

TEST_CASE("kid is a string", "[auth][jws]") {
  for (const char* wrong : {R"(["a"])", "7", "null", R"({"a":1})"}) {
    CAPTURE(wrong);
    CHECK_FALSE(reason(with_header(R"({"alg":"RS256","kid":)" + std::string(wrong) + "}")).empty());
  }
}

TEST_CASE("Only tokens of the types JWT and at+jwt are read", "[auth][jws]") {
  for (const char* right : {"JWT", "jwt", "at+jwt", "application/at+JWT"}) {
    CAPTURE(right);
    CHECK(reason(with_header(R"({"alg":"RS256","typ":")" + std::string(right) + "\"}")).empty());
  }
  for (const char* wrong : {"logout+jwt", "secevent+jwt", "", "application/"}) {
    CAPTURE(wrong);
    CHECK_FALSE(
        reason(with_header(R"({"alg":"RS256","typ":")" + std::string(wrong) + "\"}")).empty());
  }
}

TEST_CASE("A token of more than 8 KiB is refused before it is read", "[auth][jws]") {
  const std::string kid(1'000'000, 'k');
  CHECK(reason(with_header(R"({"alg":"RS256","kid":")" + kid + "\"}")) ==
        "it has more than 8192 bytes");
}

TEST_CASE("A token has three parts of base64url without padding", "[auth][jws]") {
  const std::string header = base64url(R"({"alg":"RS256"})");
  CHECK(reason(header + "..") == "");
  for (const std::string& wrong :
       {std::string(), header, header + ".", header + "...", header + ".e30=.", header + ".e30.Zh",
        header + ".e30.Z", header + ".e30 .Zg", header + ".+/8.Zg", header.substr(1) + ".e30.Zg"}) {
    CAPTURE(wrong);
    CHECK_FALSE(reason(wrong).empty());
  }
  CHECK_FALSE(looks_like_jws("sse_ci_x"));
}

TEST_CASE("A header nested deeper than eight levels is refused", "[auth][jws]") {
  const auto nested = [](int levels) {
    return R"({"alg":"RS256","x":)" + std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']') + "}";
  };
  CHECK(reason(with_header(nested(7))) == "");
  CHECK_FALSE(reason(with_header(nested(8))).empty());
}

}  // namespace
}  // namespace sse::auth
