// Tickets and sessions that two hubs share, where what was asked gets no answer, or a late one.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sse/gate/ticket_text.h"

#include "server/shared_stage.h"
#include "support/manual_clock.h"

namespace sse::server {
namespace {

using namespace std::chrono_literals;

TEST_CASE("A use whose taking gets no answer is refused with its cookie, and may be tried again",
          "[access][ticket][cluster]") {
  for (const bool is_late : {false, true}) {
    CAPTURE(is_late);
    Two hubs;
    const auto line = watch_line(hubs.ask(hubs.a, "POST /tickets", "ci"));
    Peer& peer = hubs.b.send(line, "", "", "Accept: text/event-stream\r\n");
    // Found, and then the engine is gone.
    hubs.carry_out_one(hubs.b);
    hubs.give_up(hubs.b, is_late);
    CHECK_THAT(peer.received(),
               Contains(" 200 ") && Contains("SSE-Refused: unavailable") && Contains("Set-Cookie"));
    hubs.engine.is_up = true;
    // If it was taken then the cookie counts; if not, the page gets another.
    const auto again = hubs.ask(hubs.a, line, "", cookie_field(peer.received()));
    CHECK_THAT(again, Contains(" 200 ") && !Contains("SSE-Refused: "));
    CHECK((again.find("Set-Cookie") == std::string::npos) == is_late);
    CHECK_THAT(hubs.ask(hubs.a, line, ""), Contains(" 401 "));
  }
}

TEST_CASE("A use that is carried out while its page asks again does not shut the page out",
          "[access][ticket][cluster]") {
  Two hubs;
  const auto line = watch_line(hubs.ask(hubs.a, "POST /tickets", "ci"));
  Peer& first = hubs.b.send(line, "");
  hubs.carry_out_one(hubs.b);
  auto late = std::move(hubs.engine.calls.front());
  hubs.engine.calls.pop_front();
  auto& [hash, ticket] = *hubs.engine.tickets.begin();
  // What another hub has given up has not reached the engine yet; the page gets its cookie.
  hubs.engine.is_up = false;
  late();
  hubs.b.hub.settle();
  hubs.engine.is_up = true;
  const auto cookie = cookie_field(first.received());
  Peer& second = hubs.a.send(line, "", "", cookie);
  hubs.carry_out_one(hubs.a);
  const auto value = between(first.received(), "Set-Cookie: ", ';');
  ticket.cookie = auth::to_hex(auth::sha256_of(value.substr(value.find('=') + 1)));
  hubs.run();
  CHECK_THAT(second.received(), Contains(" 503 ") && Contains("SSE-Refused: unavailable"));
  CHECK_THAT(hubs.ask(hubs.a, line, "", cookie), Contains(" 200 "));
}

TEST_CASE("A session whose change was not answered is asked for again until it is",
          "[access][session][cluster]") {
  Two hubs;
  const auto cookie = cookie_field(hubs.ask(hubs.a, "POST /session", "ci"));
  hubs.look();
  Peer& stream = hubs.b.send("GET /events/watch", "", "", cookie);
  hubs.run();
  CHECK_THAT(hubs.ask(hubs.a, "DELETE /session", "", cookie), Contains(" 204 "));
  hubs.at_b.look();
  REQUIRE(hubs.engine.calls.size() == 1);
  hubs.give_up(hubs.b);
  hubs.engine.is_up = true;
  hubs.b.hub.pass(100ms);
  CHECK_THAT(stream.received(), !Contains("revoked"));
  hubs.look();
  hubs.b.hub.pass(100ms);
  CHECK_THAT(stream.received(), Contains("revoked"));
  hubs.look();
  CHECK(hubs.engine.calls.empty());
}

TEST_CASE("Streams of a session end also when a request has heard first that it is gone",
          "[access][session][cluster]") {
  Two hubs;
  const auto cookie = cookie_field(hubs.ask(hubs.a, "POST /session", "ci"));
  hubs.look();
  Peer& stream = hubs.b.send("GET /events/watch", "", "", cookie);
  hubs.run();
  CHECK_THAT(hubs.ask(hubs.a, "DELETE /session", "", cookie), Contains(" 204 "));
  hubs.b.hub.pass(5'100ms);
  CHECK_THAT(hubs.ask(hubs.b, "GET /session", "", cookie), Contains(" 401 "));
  hubs.b.hub.pass(100ms);
  CHECK_THAT(stream.received(), Contains("revoked"));
}

TEST_CASE("The five seconds of a session begin when the engine was asked",
          "[access][session][cluster]") {
  Two hubs;
  const auto cookie = cookie_field(hubs.ask(hubs.a, "POST /session", "ci"));
  hubs.ask(hubs.b, "GET /session", "", cookie);
  hubs.at_b.look(false, 3s);
  hubs.b.hub.pass(1'900ms);
  CHECK_THAT(hubs.b.ask("GET /session", "", "", cookie), Contains(" 200 "));
  CHECK(hubs.engine.calls.empty());
  hubs.b.hub.pass(200ms);
  hubs.b.send("GET /session", "", "", cookie);
  CHECK(hubs.engine.calls.size() == 1);
}

TEST_CASE("A session that was made too late for its answer is ended, also by a later try",
          "[access][session][cluster]") {
  for (const bool is_up_at_once : {false, true}) {
    CAPTURE(is_up_at_once);
    Two hubs;
    Peer& peer = hubs.b.send("POST /session", "ci");
    hubs.give_up(hubs.b, true);
    CHECK_THAT(peer.received(), Contains(" 503 ") && !Contains("Set-Cookie"));
    REQUIRE(hubs.engine.tickets.size() == 1);
    if (!is_up_at_once) hubs.give_up(hubs.b);
    hubs.engine.is_up = true;
    hubs.run();
    CHECK(hubs.engine.tickets.empty() == is_up_at_once);
    hubs.look();
    CHECK(hubs.engine.tickets.empty());
    hubs.look();
    CHECK(hubs.engine.calls.empty());
  }
}

/// Without a hub.
struct Alone {
  explicit Alone(std::size_t count) {
    fake.clock = &clock;
    tickets.on_session_change([this] { ++told; });
    for (std::size_t i = 0; i < count; ++i) {
      SharedTicket session;
      session.is_session = true;
      keys.push_back(auth::sha256_of(std::to_string(i)));
      session.hash = auth::to_hex(keys.back());
      session.text = gate::text_of_wish({principal, {}, std::nullopt, 1h});
      session.life = 1h;
      engine.tickets[session.hash] = session;
      find(keys.back());
    }
  }
  void find(const auth::Sha256& key) {
    const auto done = []() -> Done<SharedTickets::MayBeSession> { return [](auto) {}; };
    tickets.find_session(key, clock.now().boot, Later<SharedTickets::MayBeSession>(done));
    engine.carry_out();
  }

  test::ManualClock clock;
  Engine engine;
  FakeTickets fake{engine};
  SharedTickets tickets{fake, clock, {}};
  auth::SharedPrincipal principal = std::make_shared<auth::Principal>();
  std::vector<auth::Sha256> keys;
  int told = 0;
};

TEST_CASE("A renewal is told when a request has heard of it first", "[session][cluster]") {
  Alone alone(1);
  alone.find(alone.keys[0]);
  CHECK(alone.told == 0);
  ++alone.engine.tickets.begin()->second.renewals;
  alone.find(alone.keys[0]);
  CHECK(alone.told == 1);
  alone.fake.look(true);
  alone.engine.carry_out();
  CHECK(alone.told == 1);
}

TEST_CASE("Of sessions that may have changed a thousand at once are asked for, in turn",
          "[session][cluster]") {
  Alone alone(1'500);
  alone.engine.tickets.clear();
  alone.fake.look(true);
  CHECK(alone.engine.calls.size() == SharedTickets::kMostAgain);
  alone.engine.give_up();
  alone.engine.is_up = true;
  // Those that were not asked yet are first.
  alone.fake.look(true);
  CHECK(alone.engine.calls.size() == SharedTickets::kMostAgain);
  alone.engine.carry_out();
  CHECK(alone.told == 1'000);
  alone.fake.look();
  CHECK(alone.engine.calls.size() == 500);
  alone.engine.carry_out();
  CHECK(alone.told == 1'500);
  alone.fake.look();
  CHECK(alone.engine.calls.empty());
}

}  // namespace
}  // namespace sse::server
