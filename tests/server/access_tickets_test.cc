// Tickets: how a page opens a stream, and opens it again.

#include <string>
#include <string_view>

#include "server/access_stage.h"

namespace sse::server {
namespace {

using namespace std::chrono_literals;

/// The value behind `"key":"` of JSON.
std::string member(const std::string& text, const std::string& key) {
  const auto at = text.find('"' + key + "\":\"");
  if (at == std::string::npos) return {};
  const auto begin = at + key.size() + 4;
  return text.substr(begin, text.find('"', begin) - begin);
}

/// `name=value` of the cookie that an answer sets; empty: none.
std::string cookie_of(const std::string& answer) {
  const auto at = answer.find("Set-Cookie: ");
  if (at == std::string::npos) return {};
  return answer.substr(at + 12, answer.find(';', at) - at - 12);
}

TEST_CASE("A ticket opens a stream, and again with the cookie that its first use got",
          "[access][ticket]") {
  Stage stage;
  const auto made = stage.ask("POST /tickets", "ci", R"({"topics":["ci/web"],"life":"10m"})");
  CHECK_THAT(made, Contains(" 201 ") && Contains("Cache-Control: no-store"));
  CHECK(member(made, "use_before") == "2027-01-15T08:00:30Z");
  CHECK(member(made, "expires") == "2027-01-15T08:10:00Z");
  const std::string line = "GET " + member(made, "url");
  CHECK(line.starts_with("GET /events/watch?ticket=tk_"));

  Peer& first = stage.send(line, "");
  CHECK_THAT(first.received(),
             Contains(" 200 ") && Contains("HttpOnly; SameSite=Strict; Max-Age=600"));
  const std::string cookie = cookie_of(first.received());
  REQUIRE_FALSE(cookie.empty());
  stage.publish("ci/web", "seen");
  stage.publish("ci/api", "hidden");
  CHECK_THAT(first.received(), Contains("seen") && !Contains("hidden"));
  // A URL from a log.
  CHECK_THAT(stage.ask(line, ""), Contains(" 401 "));
  CHECK_THAT(stage.ask(line, "", "", "Cookie: " + cookie + "x\r\n"), Contains(" 401 "));
  const auto again = stage.ask(line, "", "", "Cookie: a=b; " + cookie + "; c=d\r\n");
  CHECK_THAT(again, Contains(" 200 ") && !Contains("Set-Cookie"));
  stage.hub.pass(600s);
  CHECK(was_told(first, "expired"));
  CHECK_THAT(stage.ask(line, "", "", "Cookie: " + cookie + "\r\n"), Contains(" 401 "));
}

TEST_CASE("A refused first use takes the ticket and gives the cookie, a mistake takes nothing",
          "[access][ticket]") {
  MemoryHub::Options options = with(kTokens);
  options.hub.max_clients = 1;
  options.hub.when_full = hub::WhenFull::kReject;
  Stage stage(options);
  Peer& other = stage.send("GET /events/watch", "all");
  const std::string line = "GET " + member(stage.ask("POST /tickets", "ci"), "url");
  CHECK_THAT(stage.ask(line + "&since=nonsense", ""), Contains(" 400 ") && !Contains("Set-Cookie"));
  CHECK_THAT(stage.ask("HEAD" + line.substr(3), ""), !Contains("Set-Cookie"));
  const auto refused = stage.ask(line, "", "", "Accept: text/event-stream\r\n");
  CHECK_THAT(refused, Contains(" 200 ") && Contains("SSE-Refused: full") && Contains("Set-Cookie"));
  other.reset();
  stage.hub.pass(1s);
  CHECK_THAT(stage.ask(line, "", "", "Cookie: " + cookie_of(refused) + "\r\n"),
             Contains(" 200 ") && Contains(": open"));
}

TEST_CASE("A first use that is refused for the rate or for a drain gives the cookie as well",
          "[access][ticket]") {
  const auto refused = [](Stage& stage, const std::string& line, const std::string& reason) {
    const auto answer = stage.ask(line, "", "", "Accept: text/event-stream\r\n");
    CHECK_THAT(answer, Contains(" 200 ") && Contains("SSE-Refused: " + reason) &&
                           Contains("retry: ") && Contains("Set-Cookie"));
    return "Cookie: " + cookie_of(answer) + "\r\n";
  };
  MemoryHub::Options options = with(kTokens);
  options.rates.open = 1;
  Stage stage(options);
  const std::string line = "GET " + member(stage.ask("POST /tickets", "ci"), "url");
  stage.send("GET /events/watch", "ci");
  const auto cookie = refused(stage, line, "rate");
  stage.hub.pass(1s);
  CHECK_THAT(stage.ask(line, "", "", cookie), Contains(" 200 ") && Contains(": open"));

  const std::string other = "GET " + member(stage.ask("POST /tickets", "all"), "url");
  stage.hub.hub.drain(60s, [] {});
  refused(stage, other, "draining");
}

TEST_CASE("A ticket is for pages of one origin, and ends with its principal", "[access][ticket]") {
  Stage stage;
  const auto line_for = [&](const std::string& body) {
    return "GET " + member(stage.ask("POST /tickets", "ci", body), "url");
  };
  const auto from = [](const std::string& origin) { return "Origin: " + origin + "\r\n"; };
  const auto named = line_for(R"({"origin":"https://board.example"})");
  CHECK_THAT(stage.ask(named, ""), Contains(" 401 "));
  CHECK_THAT(stage.ask(named, "", "", from("https://evil.example")), Contains(" 401 "));
  CHECK_THAT(stage.ask(named, "", "", from("https://board.example")), Contains(" 200 "));
  const auto own = line_for("{}");
  CHECK_THAT(stage.ask(own, "", "", from("https://board.example")), Contains(" 401 "));
  Peer& peer = stage.send(own, "", "", from("http://localhost"));
  CHECK_THAT(peer.received(), Contains(" 200 "));
  const std::string cookie = "Cookie: " + cookie_of(peer.received()) + "\r\n";
  // Rights are those of now.
  stage.hub.parts.replace_credentials(credentials(row("ci", "subscribe = [\"ci/web\"]")));
  stage.hub.settle();
  CHECK(was_told(peer, "changed"));
  CHECK_THAT(stage.ask(own, "", "", cookie), Contains(" 200 ") && Contains("SSE-Topics: ci/web"));
  stage.hub.parts.replace_credentials(credentials(""));
  stage.hub.settle();
  CHECK_THAT(stage.ask(own, "", "", cookie), Contains(" 401 "));
}

TEST_CASE("A redemption drops cookies of tickets that are over, and no others",
          "[access][ticket]") {
  Stage stage;
  const auto use = [&](const std::string& life, const std::string& cookies) {
    const auto made = stage.ask("POST /tickets", "ci", R"({"life":")" + life + R"("})");
    return stage.ask("GET " + member(made, "url"), "", "",
                     cookies.empty() ? "" : "Cookie: " + cookies + "\r\n");
  };
  const auto dropped = [](const std::string& answer, const std::string& cookie) {
    const auto name = cookie.substr(0, cookie.find('='));
    return answer.find("Set-Cookie: " + name + "=; HttpOnly; SameSite=Strict; Max-Age=0\r\n") !=
           std::string::npos;
  };
  const std::string over = cookie_of(use("1s", ""));
  const std::string open = cookie_of(use("1h", ""));
  stage.hub.clock.advance(2s);
  // Of another hub of the host, of the application, and of a session.
  const std::string foreign = "sse-8089-3f0c9a1b=x";
  const std::string odd = "sse-80-3f0c9a1=x; sse-80=ss_x; theme=dark";
  const auto answer = use("1h", over + "; " + foreign + "; " + open + "; " + odd);
  CHECK_THAT(answer, Contains(" 200 "));
  CHECK(cookie_of(answer).size() > 43);
  CHECK(dropped(answer, over));
  CHECK_FALSE(dropped(answer, open));
  CHECK_FALSE(dropped(answer, foreign));
  const auto last = answer.rfind("Set-Cookie: ");
  CHECK(answer.find("Set-Cookie: ", answer.find("Set-Cookie: ") + 1) == last);
}

TEST_CASE("The origin of a ticket is not kept at any length", "[access][ticket]") {
  Stage stage;
  const auto body = [](std::size_t size) {
    return R"({"origin":"https://)" + std::string(size - 8, 'x') + R"("})";
  };
  CHECK(stage.status("POST /tickets", "ci", body(300)) == 201);
  CHECK(stage.status("POST /tickets", "ci", body(301)) == 400);
}

TEST_CASE("A ticket opens streams and nothing else", "[access][ticket]") {
  Stage stage(kTokens + "[anonymous]\nsubscribe = [\"#\"]\n");
  const std::string ticket = member(stage.ask("POST /tickets", "all"), "ticket");
  for (const auto* line : {"POST /events", "POST /tickets", "POST /session", "GET /-/streams"}) {
    CAPTURE(line);
    CHECK(stage.status(std::string(line) + "?ticket=" + ticket, "", R"({"data":1})") == 401);
  }
  CHECK_THAT(stage.ask("GET /events/watch?ticket=" + ticket, "all"), Contains(" 400 "));
  CHECK(stage.status("GET /events", "") == 200);
  CHECK(stage.status("GET /events?ticket=" + ticket, "") == 401);
  // Never anonymous.
  CHECK(stage.status("GET /events/watch?ticket=tk_" + std::string(43, 'A'), "") == 401);
  CHECK(stage.status("GET /events/watch?ticket=", "") == 401);
  CHECK(stage.status("POST /tickets", "none") == 403);
  CHECK(stage.status("POST /tickets", "ci", R"({"topics":["other"]})") == 403);
  CHECK(stage.status("POST /tickets", "ci", R"({"life":"25h"})") == 400);
}

}  // namespace
}  // namespace sse::server
