// sse-serve that asks for credentials, from making a token to taking it away.

#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <string>

#include "commands/access_stage.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

TEST_CASE("A token that was made a moment ago publishes and reads what it was made for",
          "[serve][access]") {
  Tokens tokens;
  const auto ci = tokens.add("ci", {"--publish", "ci/#", "--subscribe", "ci/#"});
  CHECK_THAT(ci, Contains("sse_ci_"));
  CHECK_THAT(text_of(tokens.path), !Contains(ci.substr(7)));
  HubProgram hub({"--tokens", tokens.path, "-vv"});
  CHECK_THAT(ask(hub.url() + "/events", ""),
             Contains(" 401 ") && Contains("WWW-Authenticate: Bearer"));
  CHECK_THAT(ask(hub.url() + "/events", ci, event("ci/web")), Contains(" 201 "));
  CHECK_THAT(ask(hub.url() + "/events", ci, event("other")),
             Contains(" 403 ") && Contains("may not publish to other; granted: ci/#"));
  CHECK_THAT(ask(hub.url() + "/events?since=earliest", ci), Contains("ci/web"));

  Program sub({"sse-sub", "--since", "earliest", "--count", "1"},
              {{"SSE_URL=" + hub.url(), "SSE_TOKEN=" + ci}, false, ""});
  CHECK(sub.wait() == 0);
  CHECK_THAT(sub.out(), Contains("1"));
  Program pub({"sse-pub", "event", "--topic", "ci/x", "-d", "2"},
              {{"SSE_URL=" + hub.url(), "SSE_TOKEN=" + ci}, false, ""});
  CHECK(pub.wait() == 0);
  Program refused({"sse-pub", "event", "--topic", "other", "-d", "2"},
                  {{"SSE_URL=" + hub.url(), "SSE_TOKEN=" + ci}, false, ""});
  CHECK(refused.wait() == 77);
  CHECK_THAT(refused.err(), Contains("may not publish to other; granted: ci/#"));
  CHECK_THAT(hub.program().err(), !Contains(ci.substr(7)));
}

TEST_CASE("Tokens are listed and tried without a hub", "[serve][access]") {
  Tokens tokens;
  const auto ci = tokens.add("ci", {"--publish", "ci/#", "--permission", "observe"});
  CHECK(tokens.run({"list"}) == 0);
  CHECK_THAT(tokens.said, Contains("token:ci\n  publish: ci/#\n") && Contains("observe"));
  CHECK(tokens.run({"check"}, {{"SSE_TOKEN=" + ci}, false, ""}) == 0);
  CHECK_THAT(tokens.said, Contains("token:ci\n"));
  CHECK(tokens.run({"check"}, {{"SSE_TOKEN=" + ci + "x"}, false, ""}) == 77);
  CHECK(tokens.run({"add", "ci"}) == 1);
  CHECK_THAT(tokens.said, Contains("there is a token ci already"));
  CHECK(tokens.run({"revoke", "ci"}) == 0);
  CHECK(tokens.run({"revoke", "ci"}) == 1);
  CHECK(tokens.run({"check"}, {{"SSE_TOKEN=" + ci}, false, ""}) == 77);
}

TEST_CASE("A hub takes the token that was signed with its secret, until it ends",
          "[serve][access]") {
  const TemporaryDirectory directory;
  const std::string keys = directory.file("keys.json");
  std::ofstream(keys) << R"({"keys":[{"kty":"oct","alg":"HS256","kid":"a",)"
                      << R"("k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U"}]})";
  REQUIRE(::chmod(keys.c_str(), 0600) == 0);
  Program sign({"sse-serve", "token", "jwt", "ann", "--key", keys, "--publish", "ci/#", "--life",
                "10m", "--jwt-issuer", "me"});
  CHECK(sign.wait() == 0);
  std::string token = sign.out();
  REQUIRE(token.ends_with('\n'));
  token.pop_back();
  HubProgram hub({"--jwt-keys", keys, "--jwt-issuer", "me"});
  CHECK_THAT(ask(hub.url() + "/events", token, event("ci/a")), Contains(" 201 "));
  CHECK_THAT(ask(hub.url() + "/events", token, event("other")), Contains(" 403 "));
  CHECK_THAT(ask(hub.url() + "/session", token), Contains(R"("principal":"jwt:me:ann")"));
  CHECK_THAT(ask(hub.url() + "/session", token.substr(0, token.size() - 4) + "AAAA"),
             Contains(" 401 "));
  Program whoami({"sse-pub", "whoami"},
                 {{"SSE_URL=" + hub.url(), "SSE_TOKEN=" + token}, false, ""});
  CHECK(whoami.wait() == 0);
  CHECK_THAT(whoami.out(), Contains(R"("publish":["ci/#"])"));
}

TEST_CASE("A token file keeps its mode when a token is added", "[serve][access]") {
  Tokens tokens;
  tokens.add("a", {});
  struct stat status {};
  REQUIRE(::stat(tokens.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  REQUIRE(::chmod(tokens.path.c_str(), 0640) == 0);
  tokens.add("b", {});
  REQUIRE(::stat(tokens.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0640U);
}

TEST_CASE("On HUP tokens are read again: new ones count, and streams of others end",
          "[serve][access]") {
  Tokens tokens;
  const auto old = tokens.add("old", {"--subscribe", "#"});
  HubProgram hub({"--tokens", tokens.path});
  Program watching(
      {"curl", "-s", "-N", "-H", "Authorization: Bearer " + old, hub.url() + "/events/watch"});
  watching.wait_for_out(": open");
  const auto young = tokens.add("young", {"--subscribe", "#"});
  CHECK(tokens.run({"revoke", "old"}) == 0);
  hub.program().signal(SIGHUP);
  hub.program().wait_for_err("credentials were read again");
  CHECK_THAT(ask(hub.url() + "/events", young), Contains(" 200 "));
  CHECK_THAT(ask(hub.url() + "/events", old), Contains(" 401 "));
  watching.wait_for_out(R"({"reason":"revoked")");

  std::ofstream(tokens.path) << "nonsense";
  hub.program().signal(SIGHUP);
  hub.program().wait_for_err(tokens.path + ":1:");
  CHECK_THAT(ask(hub.url() + "/events", young), Contains(" 200 "));
  hub.program().signal(SIGTERM);
  CHECK(hub.program().wait() == 0);
}

TEST_CASE("A token file that cannot be used ends the start with its line", "[serve][access]") {
  Tokens tokens;
  std::ofstream(tokens.path) << "[[token]]\nid = 1\n";
  Program bad({"sse-serve", "--port", "0", "--tokens", tokens.path});
  CHECK(bad.wait() == 78);
  CHECK_THAT(bad.err(), Contains(tokens.path + ":2: id: expected text"));
  Program missing({"sse-serve", "--port", "0", "--tokens", tokens.path + "x"});
  CHECK(missing.wait() == 78);
  REQUIRE(::chmod(tokens.path.c_str(), 0666) == 0);
  Program open({"sse-serve", "--port", "0", "--tokens", tokens.path});
  CHECK(open.wait() == 78);
  CHECK_THAT(open.err(), Contains("chmod go-w"));
}

TEST_CASE("Beyond this machine a hub asks for credentials, or says that it is open to all",
          "[serve][access]") {
  Program closed({"sse-serve", "--port", "0", "--bind", "0.0.0.0"});
  CHECK(closed.wait() == 78);
  CHECK_THAT(closed.err(), Contains("--tokens") && Contains("--open-to-all"));
  Program open({"sse-serve", "--port", "0", "--bind", "0.0.0.0", "--open-to-all"});
  open.wait_for_err("without asking for credentials (--open-to-all)");
  open.wait_for_err("listening on");
  Tokens tokens;
  tokens.add("ci", {});
  Program asking({"sse-serve", "--port", "0", "--bind", "0.0.0.0", "--tokens", tokens.path});
  asking.wait_for_err("listening on");
  CHECK_THAT(asking.err(), !Contains("--open-to-all"));
}

TEST_CASE("A configuration is checked as a start checks it", "[serve][access]") {
  Program closed({"sse-serve", "--check-config", "--bind", "0.0.0.0"});
  CHECK(closed.wait() == 78);
  CHECK_THAT(closed.err(), Contains("--tokens") && Contains("--open-to-all"));
  Program open({"sse-serve", "--check-config", "--bind", "0.0.0.0", "--open-to-all"});
  CHECK(open.wait() == 0);
  CHECK_THAT(open.err(), Contains("every peer that reaches the port may read and publish"));
  Tokens tokens;
  tokens.add("ci", {});
  Program asking({"sse-serve", "--check-config", "--bind", "0.0.0.0", "--tokens", tokens.path});
  CHECK(asking.wait() == 0);
  std::ofstream(tokens.path) << "[[token]]\nid = 1\n";
  Program bad({"sse-serve", "--check-config", "--tokens", tokens.path});
  CHECK(bad.wait() == 78);
  CHECK_THAT(bad.err(), Contains(tokens.path + ":2: id: expected text"));
  Program keys({"sse-serve", "--check-config", "--jwt-keys", tokens.path + "x"});
  CHECK(keys.wait() == 78);
  CHECK_THAT(keys.err(), Contains(tokens.path + "x"));
}

TEST_CASE("Tokens in plain text beyond this machine are warned of, at both ends",
          "[serve][access]") {
  Tokens tokens;
  const auto ci = tokens.add("ci", {"--publish", "#"});
  const auto warning = [&](Words more) {
    Words words = {"sse-serve", "--check-config", "--tokens", tokens.path};
    words.insert(words.end(), more.begin(), more.end());
    Program checked(words);
    CHECK(checked.wait() == 0);
    return checked.err();
  };
  CHECK_THAT(warning({"--bind", "0.0.0.0"}), Contains("over plain HTTP"));
  CHECK_THAT(warning({"--bind", "0.0.0.0", "--public-url", "http://hub.example"}),
             Contains("over plain HTTP"));
  CHECK_THAT(warning({"--bind", "0.0.0.0", "--public-url", "https://hub.example"}),
             !Contains("over plain HTTP"));
  CHECK_THAT(warning({"--bind", "0.0.0.0", "--proxy-from", "10.0.0.7"}),
             !Contains("over plain HTTP"));
  CHECK_THAT(warning({}), !Contains("over plain HTTP"));

  Program started({"sse-serve", "--tokens", tokens.path, "--bind", "0.0.0.0", "--port", "0"});
  started.wait_for_err("listening on");
  CHECK_THAT(started.err(), Contains("over plain HTTP"));

  const auto publish = [&](const std::string& url, const std::string& token) {
    Program pub({"sse-pub", "event", "--url", url, "--proxy", "http://127.0.0.1:1", "--retries",
                 "0", "-d", "1"},
                {{"SSE_TOKEN=" + token}, false, ""});
    CHECK(pub.wait() != 0);
    return pub.err();
  };
  CHECK_THAT(publish("http://hub.example", ci),
             Contains("the token goes to http://hub.example:80 over plain http") &&
                 !Contains(ci.substr(7)));
  CHECK_THAT(publish("https://hub.example", ci), !Contains("over plain http"));
  CHECK_THAT(publish("http://hub.example", ""), !Contains("over plain http"));
  Program sub(
      {"sse-sub", "--url", "http://hub.example", "--proxy", "http://127.0.0.1:1", "--no-reconnect"},
      {{"SSE_TOKEN=" + ci}, false, ""});
  CHECK(sub.wait() != 0);
  CHECK_THAT(sub.err(), Contains("the token goes to http://hub.example:80 over plain http"));
}

TEST_CASE("Listeners for the operator beyond this machine are warned of, with all that they open",
          "[serve][access]") {
  const TemporaryDirectory directory;
  Program checked({"sse-serve", "--check-config", "--admin-bind", "0.0.0.0:0"});
  CHECK(checked.wait() == 0);
  CHECK_THAT(checked.err(), Contains("close streams (/-/streams)") && !Contains("/-/backup"));
  Program kept({"sse-serve", "--check-config", "--admin-bind", "0.0.0.0:0", "--data-dir",
                directory.file("data")});
  CHECK(kept.wait() == 0);
  CHECK_THAT(kept.err(), Contains("make backups (/-/backup)"));
}

}  // namespace
}  // namespace sse::test
