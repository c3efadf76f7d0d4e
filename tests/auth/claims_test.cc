#include "sse/auth/claims.h"

#include <string>

#include "support/catch.h"

namespace sse::auth {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kNow = 1'800'000'000;
const WallTime kWall{seconds(kNow)};
const std::string kDigest(64, 'd');

struct Case {
  std::string times = R"("exp":1800000600)";
  std::string rest = R"("aud":"sse","sub":"u")";
  std::string rights = R"("sse":{"subscribe":["ci/#"]})";
  std::string issuer;
  ClaimRules rules = {{"sse"}, seconds(30), std::chrono::hours(24), ClaimsForm::kSse};
  WallTime now = kWall;

  Result<SharedPrincipal> read() const {
    std::string text = "{" + times;
    for (const auto* part : {&rest, &rights}) text += (part->empty() ? "" : ",") + *part;
    return read_claims(text + "}", issuer, rules, now, kDigest);
  }
  /// Empty when it is taken.
  std::string error() const {
    const auto result = read();
    return result ? "" : result.error().text;
  }
};

Case with_times(const std::string& times) {
  Case c;
  c.times = times;
  return c;
}

Case with_rest(const std::string& rest) {
  Case c;
  c.rest = rest;
  return c;
}

Case with_rights(const std::string& rights, ClaimsForm form = ClaimsForm::kSse) {
  Case c;
  c.rights = rights;
  c.rules.form = form;
  return c;
}

std::string at(std::int64_t second) {
  return std::to_string(second);
}

TEST_CASE("Claims become a principal", "[auth][claims]") {
  Case c;
  c.issuer = "https://idp";
  c.rest = R"("iss":"https://idp","aud":["x","sse"],"sub":"u:1","jti":"j","iat":1799999990)";
  c.rights = R"("sse":{"publish":["ci/+"],"subscribe":["ci/#","metric:cpu*"],)"
             R"("permissions":["observe"]})";
  const auto result = c.read();
  REQUIRE(result.has_value());
  const auto& principal = **result;
  CHECK(principal.id == "jwt:https://idp:u%3A1");
  CHECK(principal.publish.topics() == std::vector<std::string>{"ci/+"});
  CHECK(principal.subscribe.allows_metric("cpu.user"));
  CHECK(principal.permissions.can_observe);
  CHECK_FALSE(principal.permissions.can_admin);
  CHECK(principal.expires == kWall + seconds(600 + 30));
  CHECK(principal.token_id == "j");
  CHECK(principal.issued == kWall - seconds(10));
}

TEST_CASE("exp is required, a number, and finite", "[auth][claims]") {
  CHECK(with_times(R"("iat":1800000000)").error() == "exp: the claim is missing");
  for (const char* wrong : {"1e308", "1e999", "-1", "9999999999999", R"("1800000600")", "null",
                            "[1800000600]", "true", "9223372036854775807", "1e18"}) {
    CAPTURE(wrong);
    CHECK_FALSE(with_times(std::string(R"("exp":)") + wrong).error().empty());
  }
  CHECK_FALSE(with_times(R"("exp":1800000600,"exp":1800000601)").error().empty());
  CHECK(with_times(R"("exp":1800000600.5)").error().empty());
  CHECK(with_times(R"("exp":1.8000006e9)").error().empty());
}

TEST_CASE("A token counts until exp and the leeway, and not from then on", "[auth][claims]") {
  CHECK(with_times(R"("exp":)" + at(kNow - 29)).error().empty());
  CHECK(with_times(R"("exp":)" + at(kNow - 30)).error().starts_with("exp: the token expired at "));
  auto late = with_times(R"("exp":)" + at(kNow - 30));
  late.now = kWall - std::chrono::nanoseconds(1);
  CHECK(late.error().empty());
  const auto result = late.read();
  REQUIRE(result.has_value());
  CHECK_FALSE((*result)->is_expired(late.now));
  CHECK((*result)->is_expired(kWall));
}

TEST_CASE("nbf and iat may be ahead by the leeway", "[auth][claims]") {
  for (const char* claim : {"nbf", "iat"}) {
    CAPTURE(claim);
    const auto with = [&](std::int64_t time) {
      return with_times(R"("exp":)" + at(kNow + 600) + ",\"" + claim + "\":" + at(time)).error();
    };
    CHECK(with(kNow + 30).empty());
    CHECK_FALSE(with(kNow + 31).empty());
    CHECK(with(kNow - 3600).empty());
    CHECK_FALSE(
        with_times(R"("exp":1800000600,")" + std::string(claim) + R"(":"x")").error().empty());
    CHECK_FALSE(
        with_times(R"("exp":1800000600,")" + std::string(claim) + R"(":1e300)").error().empty());
  }
}

TEST_CASE("A token that lives too long is refused", "[auth][claims]") {
  constexpr std::int64_t kDay = 86'400;
  CHECK(with_times(R"("exp":)" + at(kNow + kDay)).error().empty());
  CHECK_FALSE(with_times(R"("exp":)" + at(kNow + kDay + 1)).error().empty());
  // Also in its last hour.
  CHECK_FALSE(
      with_times(R"("iat":)" + at(kNow - kDay) + R"(,"exp":)" + at(kNow + 1)).error().empty());
  CHECK(with_times(R"("iat":)" + at(kNow - kDay) + R"(,"exp":)" + at(kNow)).error().empty());
}

TEST_CASE("aud names us, or the token is another's", "[auth][claims]") {
  for (const char* right : {R"("aud":"sse")", R"("aud":["a","sse"])"}) {
    CHECK(with_rest(right).error().empty());
  }
  for (const char* wrong :
       {"", R"("aud":"SSE")", R"("aud":"sse2")", R"("aud":[])", R"("aud":["a"])", R"("aud":7)",
        R"("aud":null)", R"("aud":{"a":"sse"})", R"("aud":["sse",7])", R"("aud":[["sse"]])"}) {
    CAPTURE(wrong);
    CHECK_FALSE(with_rest(wrong).error().empty());
  }
  auto none = with_rest(R"("sub":"u")");
  none.rules.audiences.clear();
  CHECK(none.error().empty());
  none.rest = R"("aud":"sse")";  // RFC 7519 section 4.1.3
  CHECK_FALSE(none.error().empty());
}

TEST_CASE("iss is the issuer of the key that signed", "[auth][claims]") {
  auto c = with_rest(R"("aud":"sse","iss":"https://a")");
  c.issuer = "https://a";
  CHECK(c.error().empty());
  c.issuer = "https://b";
  CHECK_FALSE(c.error().empty());
  c.issuer = "https://a/";
  CHECK_FALSE(c.error().empty());
  c.rest = R"("aud":"sse")";
  CHECK(c.error() == "iss: the claim is missing");
  c.rest = R"("aud":"sse","iss":["https://a/"])";
  CHECK_FALSE(c.error().empty());
}

TEST_CASE("Ids of different issuers and subjects differ", "[auth][claims]") {
  CHECK(jwt_principal_id("a", "b:c", "d") != jwt_principal_id("a:b", "c", "d"));
  CHECK(jwt_principal_id("a", "", "d") == "jwt:a#d");
  CHECK(jwt_principal_id("a:x", "", "d") != jwt_principal_id("a", "x#d", "d"));
  CHECK(jwt_principal_id("a", "%3A", "d") != jwt_principal_id("a", ":", "d"));
  CHECK(jwt_principal_id("", "a\nb \xc3\xa9", "d") == "jwt::a%0Ab%20%C3%A9");
  const auto without_sub = with_rest(R"("aud":"sse")").read();
  REQUIRE(without_sub.has_value());
  CHECK((*without_sub)->id == "jwt:#" + kDigest);
  CHECK_FALSE(with_rest(R"("aud":"sse","sub":")" + std::string(257, 's') + '"').error().empty());
}

TEST_CASE("The claim sse is required, and a word that it does not know is an error",
          "[auth][claims]") {
  for (const char* wrong : {"", R"("sse":null)", R"("sse":[])", R"("sse":"#")",
                            R"("sse":{"subscribe":"#"})", R"("sse":{"subscribe":[7]})",
                            R"("sse":{"subscribe":["a/#/b"]})", R"("sse":{"subscribe":[""]})",
                            R"("sse":{"subscribed":["#"]})", R"("sse":{"permissions":["root"]})",
                            R"("sse":{"subscribe":null})", R"("mercure":{"subscribe":["*"]})"}) {
    CAPTURE(wrong);
    CHECK_FALSE(with_rights(wrong).error().empty());
  }
  const auto none = with_rights(R"("sse":{})").read();
  REQUIRE(none.has_value());
  CHECK((*none)->subscribe.is_empty());
  CHECK((*none)->publish.is_empty());
}

TEST_CASE("A token has at most 64 grants, of publish and subscribe together", "[auth][claims]") {
  const auto list = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) + '"';
    return "[" + text + "]";
  };
  const auto error = [&](int publish, int subscribe) {
    return with_rights(R"("sse":{"publish":)" + list(publish) + R"(,"subscribe":)" +
                       list(subscribe) + "}")
        .error();
  };
  CHECK(error(32, 32).empty());
  CHECK_FALSE(error(32, 33).empty());
  CHECK_FALSE(error(65, 0).empty());
}

TEST_CASE("Mercure's claim gives exact topics, and * everything", "[auth][claims]") {
  const auto result =
      with_rights(R"("mercure":{"publish":["https://x/books/1"],"subscribe":["*"],"payload":{}})",
                  ClaimsForm::kMercure)
          .read();
  REQUIRE(result.has_value());
  CHECK((*result)->publish.allows_topic("https://x/books/1"));
  CHECK_FALSE((*result)->publish.allows_topic("https://x/books/2"));
  CHECK((*result)->subscribe.allows_topic(""));
  for (const char* wrong :
       {R"("mercure":{"subscribe":["https://x/{id}"]})", R"("mercure":{"subscribe":["a/*"]})",
        R"("mercure":{"subscribe":["a/#"]})", R"("mercure":{"subscribe":["a/+"]})",
        R"("mercure":{"subscribe":["metric:a"]})",
        R"("mercure":{"subscribe":[{"match":"a","matchType":"URLPattern"}]})",
        R"("sse":{"subscribe":["#"]})"}) {
    CAPTURE(wrong);
    CHECK_FALSE(with_rights(wrong, ClaimsForm::kMercure).error().empty());
  }
}

TEST_CASE("Claims are one JSON object of unique keys and eight levels", "[auth][claims]") {
  CHECK_FALSE(read_claims("", "", {}, kWall, kDigest).has_value());
  CHECK_FALSE(read_claims("[]", "", {}, kWall, kDigest).has_value());
  CHECK_FALSE(read_claims("{} {}", "", {}, kWall, kDigest).has_value());
  CHECK_FALSE(with_rest(R"("aud":"sse","aud":"sse")").error().empty());
  CHECK_FALSE(with_rights(R"("sse":{"subscribe":[],"subscribe":["#"]})").error().empty());
  CHECK(with_rest(R"("aud":"sse","x":[[[[[[[]]]]]]])").error().empty());
  CHECK_FALSE(with_rest(R"("aud":"sse","x":[[[[[[[[]]]]]]]])").error().empty());
}

}  // namespace
}  // namespace sse::auth
