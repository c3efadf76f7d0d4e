// What sse-serve is told about credentials, one option at a time.

#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>

#include "sse/auth/key_file.h"
#include "sse/auth/signed_token.h"
#include "sse/base/clock.h"

#include "commands/access_stage.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

/// A file with the secret of an issuer, and tokens that it signs.
struct Keys {
  Keys() {
    std::ofstream(path) << kText;
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
  }

  /// By `sse-serve token jwt`.
  std::string sign(Words options) const {
    Words words = {"sse-serve", "token", "jwt", "ann", "--key", path, "--publish", "ci/#"};
    words.insert(words.end(), options.begin(), options.end());
    Program program(words);
    CHECK(program.wait() == 0);
    std::string token = program.out();
    REQUIRE(token.ends_with('\n'));
    token.pop_back();
    return token;
  }

  /// With `exp` so many seconds from now, and claims of any kind.
  std::string sign_claims(int seconds, const std::string& claims) const {
    const auto keys = auth::parse_key_file(kText, path, "");
    REQUIRE(keys);
    const auto now =
        std::chrono::floor<std::chrono::seconds>(SystemClock().now().wall).time_since_epoch();
    return auth::make_signed_token(
               keys->keys.front(),
               R"({"exp":)" + std::to_string(now.count() + seconds) + "," + claims + "}")
        .value();
  }

  static constexpr char kText[] =
      R"({"keys":[{"kty":"oct","alg":"HS256","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U"}]})";
  TemporaryDirectory directory;
  std::string path = directory.file("keys.json");
};

/// The value of a member that is text.
std::string member(const std::string& answer, const std::string& key) {
  const std::string begin = '"' + key + "\":\"";
  const auto at = answer.find(begin);
  REQUIRE(at != std::string::npos);
  const auto from = at + begin.size();
  return answer.substr(from, answer.find('"', from) - from);
}

std::string ticket_of(const HubProgram& hub, const std::string& token) {
  return ask(hub.url() + "/tickets", token, {"-X", "POST"});
}

/// The head that a ticket's use gets. The stream itself is let go.
std::string use_of(const HubProgram& hub, const std::string& ticket) {
  Program curl({"curl", "-s", "-i", "-N", hub.url() + "/events/watch?ticket=" + ticket});
  curl.wait_for_out("\r\n\r\n");
  return curl.out();
}

TEST_CASE("A token counts until the end that it was made with", "[serve][access]") {
  Tokens tokens;
  const auto over = tokens.add("over", {"--subscribe", "#", "--expires", "2020-01-01T00:00:00Z"});
  const auto lasting = tokens.add("lasting", {"--subscribe", "#", "--expires", "1h"});
  CHECK(tokens.run({"list"}) == 0);
  CHECK_THAT(tokens.said, Contains("expires: 2020-01-01T00:00:00Z"));
  CHECK(tokens.run({"check"}, {{"SSE_TOKEN=" + over}, false, ""}) == 77);
  CHECK_THAT(tokens.said, Contains("expired"));
  CHECK(tokens.run({"add", "x", "--expires", "soon"}) == 64);
  const HubProgram hub({"--tokens", tokens.path});
  CHECK_THAT(ask(hub.url() + "/events", lasting), Contains(" 200 "));
  CHECK_THAT(ask(hub.url() + "/events", over), Contains(" 401 ") && Contains("expired"));
}

TEST_CASE("A signed token is for the audience that the hub is told", "[serve][access]") {
  const Keys keys;
  const auto ours = keys.sign({"--jwt-audience", "hub"});
  const auto others = keys.sign({"--jwt-audience", "other"});
  const HubProgram hub({"--jwt-keys", keys.path, "--jwt-audience", "hub"});
  CHECK_THAT(ask(hub.url() + "/session", ours), Contains(" 200 "));
  CHECK_THAT(ask(hub.url() + "/session", others), Contains(" 401 ") && Contains("aud"));
  CHECK_THAT(ask(hub.url() + "/session", keys.sign({})), Contains(" 401 "));
}

TEST_CASE("A signed token counts for the leeway past its end, and lives no longer than it may",
          "[serve][access]") {
  const Keys keys;
  const auto late = keys.sign_claims(-120, R"("sse":{})");
  const auto long_lived = keys.sign({"--life", "2h"});
  {
    const HubProgram hub({"--jwt-keys", keys.path});
    CHECK_THAT(ask(hub.url() + "/session", late), Contains(" 401 ") && Contains("expired"));
    CHECK_THAT(ask(hub.url() + "/session", long_lived), Contains(" 200 "));
  }
  const HubProgram hub({"--jwt-keys", keys.path, "--jwt-leeway", "1h", "--jwt-max-life", "90m"});
  CHECK_THAT(ask(hub.url() + "/session", late), Contains(" 200 "));
  CHECK_THAT(ask(hub.url() + "/session", long_lived), Contains(" 401 ") && Contains("5400"));
}

TEST_CASE("Rights are read from the claim that the hub is told", "[serve][access]") {
  const Keys keys;
  const auto mercure = keys.sign_claims(600, R"("mercure":{"publish":["ci/a"]})");
  {
    const HubProgram hub({"--jwt-keys", keys.path});
    CHECK_THAT(ask(hub.url() + "/session", mercure), Contains(" 401 "));
  }
  const HubProgram hub({"--jwt-keys", keys.path, "--jwt-claims", "mercure"});
  CHECK_THAT(ask(hub.url() + "/session", mercure), Contains(R"("publish":["ci/a"])"));
  CHECK_THAT(ask(hub.url() + "/session", keys.sign({})), Contains(" 401 "));
}

TEST_CASE("A credential in the file of revoked ones counts no more, as soon as it is there",
          "[serve][access]") {
  const Keys keys;
  const std::string revoked = keys.directory.file("revoked");
  std::ofstream(revoked) << "# nothing yet\n";
  HubProgram hub({"--jwt-keys", keys.path, "--revoked", revoked});
  const auto bad = keys.sign_claims(600, R"("jti":"7f3a","sse":{})");
  const auto good = keys.sign_claims(600, R"("jti":"1","sse":{})");
  CHECK_THAT(ask(hub.url() + "/session", bad), Contains(" 200 "));
  std::ofstream(revoked) << "jti 7f3a\n";
  hub.program().signal(SIGHUP);
  hub.program().wait_for_err("credentials were read again");
  CHECK_THAT(ask(hub.url() + "/session", bad), Contains(" 401 ") && Contains("revoked"));
  CHECK_THAT(ask(hub.url() + "/session", good), Contains(" 200 "));
}

TEST_CASE("A ticket waits for its first use as long as the hub is told", "[serve][access]") {
  Tokens tokens;
  const auto token = tokens.add("page", {"--subscribe", "#"});
  {
    const HubProgram hub({"--tokens", tokens.path});
    CHECK_THAT(use_of(hub, member(ticket_of(hub, token), "ticket")),
               Contains(" 200 ") && Contains("Set-Cookie: "));
  }
  // Over before another program has even started.
  const HubProgram hub({"--tokens", tokens.path, "--ticket-life", "1us"});
  CHECK_THAT(use_of(hub, member(ticket_of(hub, token), "ticket")), Contains(" 401 "));
}

TEST_CASE("A principal has a tenth of the tickets that the hub is told to keep",
          "[serve][access]") {
  Tokens tokens;
  const auto token = tokens.add("page", {"--subscribe", "#"});
  const HubProgram hub({"--tokens", tokens.path, "--max-tickets", "20"});
  const auto first = member(ticket_of(hub, token), "ticket");
  const auto second = member(ticket_of(hub, token), "ticket");
  const auto third = member(ticket_of(hub, token), "ticket");
  CHECK_THAT(use_of(hub, first), Contains(" 401 "));
  CHECK_THAT(use_of(hub, second), Contains(" 200 "));
  CHECK_THAT(use_of(hub, third), Contains(" 200 "));
}

TEST_CASE("A ticket's URL is where pages reach the hub, and its cookie is for https there",
          "[serve][access]") {
  Tokens tokens;
  const auto token = tokens.add("page", {"--subscribe", "#"});
  const HubProgram hub({"--tokens", tokens.path, "--public-url", "https://hub.example/live/"});
  const auto made = ticket_of(hub, token);
  CHECK_THAT(member(made, "url"), Catch::StartsWith("https://hub.example/live/events/watch?"));
  CHECK_THAT(use_of(hub, member(made, "ticket")), Contains("; Secure"));
}

}  // namespace
}  // namespace sse::test
