// Tickets and sessions that two hubs share.

#include <string>
#include <string_view>
#include <utility>

#include "server/shared_stage.h"

namespace sse::server {
namespace {

using namespace std::chrono_literals;

TEST_CASE("A ticket of one hub opens a stream at another, once", "[access][ticket][cluster]") {
  Two hubs;
  const auto made = hubs.ask(hubs.a, "POST /tickets", "ci", "", R"({"topics":["ci/web"]})");
  CHECK_THAT(made, Contains(" 201 ") && Contains(R"("url":"https://hub.example/events/watch?)"));
  const auto line = watch_line(made);
  Peer& first = hubs.b.send(line, "");
  CHECK(first.received().empty());
  hubs.run();
  CHECK_THAT(first.received(), Contains(" 200 ") && Contains("SSE-Topics: ci/web") &&
                                   Contains("Max-Age=3600") && Contains("Secure"));
  hubs.b.publish("ci/web", "seen");
  hubs.b.publish("ci/api", "hidden");
  CHECK_THAT(first.received(), Contains("seen") && !Contains("hidden"));
  CHECK_THAT(hubs.ask(hubs.a, line, ""), Contains(" 401 "));
  CHECK_THAT(hubs.ask(hubs.a, line, "", cookie_field(first.received())), Contains(" 200 "));
  for (const auto& [hash, ticket] : hubs.engine.tickets) {
    const auto secret = between(made, R"("ticket":"tk_)", '"');
    CHECK_THAT(hash + ticket.text + ticket.cookie, !Contains(secret));
  }
}

TEST_CASE("Of two uses at the same moment one gets the stream", "[access][ticket][cluster]") {
  Two hubs;
  const auto line = watch_line(hubs.ask(hubs.a, "POST /tickets", "ci"));
  Peer& one = hubs.a.send(line, "");
  Peer& other = hubs.b.send(line, "");
  hubs.run();
  CHECK_THAT(one.received(), Contains(" 200 ") && Contains("Set-Cookie"));
  CHECK_THAT(other.received(), Contains(" 401 ") && !Contains("Set-Cookie"));
}

TEST_CASE("A session of one hub counts at another, and ends there, too",
          "[access][session][cluster]") {
  Two hubs;
  const auto opened = hubs.ask(hubs.a, "POST /session", "ci");
  CHECK_THAT(opened, Contains(" 201 ") && Contains("__Host-sse-443=ss_"));
  const auto cookie = cookie_field(opened);
  hubs.look();
  Peer& stream = hubs.b.send("GET /events/watch", "", "", cookie);
  CHECK(stream.received().empty());
  hubs.run();
  CHECK_THAT(stream.received(), Contains(" 200 ") && Contains("SSE-Topics: ci/#"));
  // Known now: nothing is asked.
  CHECK_THAT(hubs.b.ask("GET /session", "", "", cookie), Contains(R"("principal":"token:ci")"));
  CHECK(hubs.engine.calls.empty());
  // A renewal moves the end, without a byte.
  const auto size = stream.received().size();
  CHECK_THAT(hubs.ask(hubs.a, "POST /session", "ci", cookie), Contains(" 200 "));
  hubs.look();
  CHECK(stream.received().size() == size);
  CHECK_THAT(hubs.ask(hubs.a, "DELETE /session", "", cookie),
             Contains(" 204 ") && Contains("Max-Age=0"));
  CHECK_THAT(hubs.ask(hubs.a, "GET /session", "", cookie), Contains(" 401 "));
  hubs.look();
  hubs.b.hub.pass(100ms);
  CHECK_THAT(stream.received(), Contains("revoked"));
  CHECK_THAT(hubs.ask(hubs.b, "GET /session", "", cookie),
             Contains(" 401 ") && Contains("Max-Age=0"));
}

TEST_CASE("Logging in as another ends the session before, at every hub",
          "[access][session][cluster]") {
  Two hubs;
  const auto cookie = cookie_field(hubs.ask(hubs.a, "POST /session", "ci"));
  hubs.look();
  Peer& stream = hubs.b.send("GET /events/watch", "", "", cookie);
  hubs.run();
  const auto other = hubs.ask(hubs.a, "POST /session", "all", cookie);
  CHECK_THAT(other, Contains(" 201 ") && Contains(R"("principal":"token:all")"));
  hubs.look();
  hubs.b.hub.pass(100ms);
  CHECK_THAT(stream.received(), Contains("revoked"));
  CHECK_THAT(hubs.ask(hubs.b, "GET /session", "", cookie_field(other)),
             Contains(R"("principal":"token:all")"));
}

TEST_CASE("Without the engine known sessions count for five seconds, and streams go on",
          "[access][session][cluster]") {
  Two hubs;
  const auto cookie = cookie_field(hubs.ask(hubs.a, "POST /session", "ci"));
  const auto line = watch_line(hubs.ask(hubs.a, "POST /tickets", "ci"));
  hubs.look();
  Peer& stream = hubs.b.send("GET /events/watch", "", "", cookie);
  hubs.run();
  hubs.engine.is_up = false;
  hubs.b.hub.pass(4'900ms);
  CHECK_THAT(hubs.b.ask("GET /session", "", "", cookie), Contains(" 200 "));
  hubs.b.hub.pass(200ms);
  const auto refused = [&](const std::string& asked, const std::string& id,
                           const std::string& fields) {
    Peer& peer = hubs.b.send(asked, id, "", fields);
    hubs.engine.give_up();
    hubs.b.hub.settle();
    return peer.received();
  };
  CHECK_THAT(refused("GET /session", "", cookie),
             Contains(" 503 ") && Contains("Retry-After: 5") && !Contains("Set-Cookie"));
  CHECK_THAT(refused("POST /session", "ci", ""), Contains(" 503 ") && Contains("Retry-After"));
  CHECK_THAT(refused("DELETE /session", "", cookie), Contains(" 503 ") && !Contains("Set-Cookie"));
  CHECK_THAT(refused("POST /tickets", "ci", ""), Contains(" 503 ") && Contains("Retry-After"));
  CHECK_THAT(refused(line, "", ""), Contains(" 503 ") && Contains("SSE-Refused: unavailable"));
  CHECK_THAT(refused(line, "", "Accept: text/event-stream\r\n"),
             Contains(" 200 ") && Contains("SSE-Refused: unavailable") && Contains("retry: "));
  // A token needs no engine.
  CHECK_THAT(hubs.b.ask("GET /session", "ci"), Contains(" 200 "));
  hubs.b.publish("ci/web", "still here");
  CHECK_THAT(stream.received(), Contains("still here") && !Contains("sse.closing"));
  hubs.engine.is_up = true;
  CHECK_THAT(hubs.ask(hubs.b, "GET /session", "", cookie), Contains(" 200 "));
}

TEST_CASE("A credential that is taken back while its request waits opens no stream",
          "[access][ticket][cluster]") {
  Two hubs;
  const auto line = watch_line(hubs.ask(hubs.a, "POST /tickets", "ci"));
  Peer& peer = hubs.b.send(line, "");
  auto call = std::move(hubs.engine.calls.front());
  hubs.engine.calls.pop_front();
  call();
  hubs.b.hub.settle();
  REQUIRE(hubs.engine.calls.size() == 1);  // it is being taken
  hubs.b.hub.parts.replace_credentials(credentials(kTokens, "id token:ci\n"));
  hubs.b.hub.settle();
  hubs.run();
  CHECK_THAT(peer.received(),
             Contains(" 503 ") && Contains("Retry-After") && Contains("ask again"));
  CHECK_THAT(hubs.ask(hubs.b, line, "", cookie_field(peer.received())), Contains(" 401 "));
}

TEST_CASE("Another engine's sessions are asked for again, and streams of the lost ones end",
          "[access][session][cluster]") {
  Two hubs;
  const auto kept = cookie_field(hubs.ask(hubs.a, "POST /session", "ci"));
  const auto lost = cookie_field(hubs.ask(hubs.a, "POST /session", "all"));
  hubs.look();
  Peer& one = hubs.b.send("GET /events/watch", "", "", kept);
  Peer& other = hubs.b.send("GET /events/watch", "", "", lost);
  hubs.run();
  std::erase_if(hubs.engine.tickets,
                [](const auto& each) { return each.second.principal == "token:all"; });
  hubs.look(true);
  hubs.b.hub.pass(100ms);
  CHECK_THAT(one.received(), Contains(" 200 ") && !Contains("revoked"));
  CHECK_THAT(other.received(), Contains("revoked"));
  CHECK_THAT(hubs.ask(hubs.b, "GET /session", "", kept), Contains(" 200 "));
}

TEST_CASE("What has not the form of a ticket or session is asked of no engine",
          "[access][ticket][cluster]") {
  Two hubs;
  CHECK_THAT(hubs.b.ask("GET /events/watch?ticket=tk_short", ""), Contains(" 401 "));
  CHECK_THAT(hubs.b.ask("GET /session", "", "",
                        "Cookie: __Host-sse-443=nonsense\r\nOrigin: https://hub.example\r\n"),
             Contains(" 401 "));
  CHECK(hubs.engine.calls.empty());
}

}  // namespace
}  // namespace sse::server
