#include "sse-serve/token_editor.h"

#include <string>

#include "sse/auth/token_file.h"
#include "sse/base/time_text.h"

#include "support/catch.h"

namespace sse::serve {
namespace {

using Catch::Contains;

constexpr char kPath[] = "tokens.toml";

NewToken token(const std::string& id) {
  NewToken made;
  made.id = id;
  made.sha256 = std::string(64, "0123456789abcdef"[id.front() % 16]);
  return made;
}

std::string with(const std::string& text, const NewToken& added) {
  auto changed = with_token(text, added, kPath);
  if (!changed) FAIL(changed.error().text);
  return *changed;
}

TEST_CASE("A row is added behind what is there, as it was asked for", "[serve][token]") {
  NewToken ci = token("ci");
  ci.publish = {"ci/#", "odd\"\\name"};
  ci.subscribe = {"#"};
  ci.permissions = {"observe"};
  ci.expires = parse_rfc3339("2027-01-01T00:00:00Z").value();
  ci.rate = "200/s";
  const std::string before = "# our tokens\n[anonymous]\nsubscribe = [\"public/#\"]";
  const std::string after = with(before, ci);
  CHECK(after.starts_with(before + "\n\n[[token]]\n"));
  const auto file = auth::TokenFile::parse(after, kPath);
  REQUIRE(file);
  const auto& principal = *(*file)->rows()[0].principal;
  CHECK(principal.publish.topics().size() == 2);
  CHECK(principal.publish.allows_topic("odd\"\\name"));
  CHECK(principal.permissions.can_observe);
  CHECK(principal.expires == ci.expires);
  CHECK(principal.limits.publish_rate == 200.0);
}

TEST_CASE("A row may have a client certificate instead of a token", "[serve][token]") {
  NewToken made;
  made.id = "sensor";
  made.certificate = "cn:sensor \"7\"";
  const auto file = auth::TokenFile::parse(with("", made), kPath);
  REQUIRE(file);
  CHECK((*file)->rows()[0].certificate == made.certificate);
  made.certificate = "sensor 7";
  CHECK_FALSE(with_token("", made, kPath));
}

TEST_CASE("A row that the hub would refuse is not added, nor an id that is there",
          "[serve][token]") {
  NewToken bad = token("ci");
  bad.publish = {"ci/#/x"};
  CHECK_FALSE(with_token("", bad, kPath));
  bad = token("ci");
  bad.permissions = {"all"};
  CHECK_FALSE(with_token("", bad, kPath));
  const auto again = with_token(with("", token("ci")), token("ci"), kPath);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::kConflict);
  CHECK_FALSE(with_token("nonsense", token("ci"), kPath));
}

TEST_CASE("A row is taken out, and what is about others stays", "[serve][token]") {
  const std::string a = with("# about a\n", token("a"));
  const std::string b = with(a + "# of a, behind it\n\n# about b\n", token("b"));
  const auto without = without_token(b, "a", kPath);
  REQUIRE(without);
  CHECK_THAT(*without,
             Contains("# about b\n") && Contains("id = \"b\"") && !Contains("id = \"a\""));
  const auto none = without_token(*without, "b", kPath);
  REQUIRE(none);
  CHECK(auth::TokenFile::parse(*none, kPath).value()->rows().empty());
  CHECK(without_token(b, "c", kPath).error().code == ErrorCode::kNotFound);
}

TEST_CASE("A row with an array over several lines is taken out whole", "[serve][token]") {
  const std::string text = "[[token]]\nid = \"a\"\nsha256 = \"" + std::string(64, 'a') +
                           "\"\npublish = [\n  \"x\",  # one\n  \"y\",\n]\n\n[anonymous]\n";
  const auto without = without_token(text, "a", kPath);
  REQUIRE(without);
  CHECK(*without == "\n[anonymous]\n");
}

}  // namespace
}  // namespace sse::serve
