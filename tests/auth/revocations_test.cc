#include "sse/auth/revocations.h"

#include <string>

#include "sse/base/time_text.h"

#include "support/catch.h"

namespace sse::auth {
namespace {

using Catch::Contains;

Principal principal(const std::string& id, const std::string& token_id = "") {
  Principal made;
  made.id = id;
  made.token_id = token_id;
  return made;
}

TEST_CASE("A revocation names a principal, a token, or all tokens of a principal before a time",
          "[auth]") {
  const auto file = Revocations::parse(
      "# gone\n\n  id token:ci \njti  7f3a\r\nbefore 2026-11-01T00:00:00Z jwt:https://i:u\n"
      "before 2026-10-01T00:00:00Z jwt:https://i:u",
      "revoked");
  REQUIRE(file);
  CHECK((*file)->size() == 3);
  CHECK((*file)->hold(principal("token:ci")));
  CHECK_FALSE((*file)->hold(principal("token:c")));
  CHECK((*file)->hold(principal("jwt:a:b", "7f3a")));
  CHECK_FALSE((*file)->hold(principal("jwt:a:b")));
  auto user = principal("jwt:https://i:u");
  CHECK((*file)->hold(user));  // it does not say when it was made
  user.issued = parse_rfc3339("2026-10-31T23:59:59Z").value();
  CHECK((*file)->hold(user));
  user.issued = parse_rfc3339("2026-11-01T00:00:00Z").value();
  CHECK_FALSE((*file)->hold(user));
}

TEST_CASE("A line that is not a revocation is an error with its number", "[auth]") {
  for (const auto* line : {"token:ci", "id", "jti ", "before token:ci", "before yesterday token:ci",
                           "before 2026-11-01T00:00:00Z", "ID token:ci"}) {
    CAPTURE(line);
    const auto file = Revocations::parse(std::string("id a\n") + line + "\n", "/etc/revoked");
    REQUIRE_FALSE(file);
    CHECK_THAT(file.error().text, Contains("/etc/revoked:2: expected "));
  }
}

}  // namespace
}  // namespace sse::auth
