// Tickets and sessions that two hubs share, over an engine that a test carries out by hand.

#include "sse/server/shared_tickets.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/access_stage.h"

namespace sse::server {
namespace {

using namespace std::chrono_literals;
using journal::SharedTicket;

/// What redis/tickets.lua does, as far as these tests go. Times are those of the first hub.
struct Engine {
  std::map<std::string, SharedTicket> tickets;
  std::vector<std::string> changes;
  std::deque<std::function<void()>> calls;
  bool is_up = true;

  void carry_out() {
    while (is_up && !calls.empty()) {
      const auto call = std::move(calls.front());
      calls.pop_front();
      call();
    }
  }
  /// As after the time that a call may take.
  void give_up() {
    is_up = false;
    for (const auto& call : std::exchange(calls, {})) call();
  }
};

class FakeTickets final : public journal::ClusterTickets {
 public:
  explicit FakeTickets(Engine& engine) : engine_(engine) {}

  void add(SharedTicket ticket, journal::SharedTicketLimits, Done<std::size_t> done) override {
    ask<std::size_t>(std::move(done), [this, ticket] {
      engine_.tickets[ticket.hash] = ticket;
      return std::size_t{0};
    });
  }
  void find(std::string hash, Done<MayBeTicket> done) override {
    ask<MayBeTicket>(std::move(done), [this, hash]() -> MayBeTicket {
      const auto found = engine_.tickets.find(hash);
      return found == engine_.tickets.end() ? MayBeTicket() : found->second;
    });
  }
  void take(std::string hash, std::string cookie, std::vector<Cookie> others,
            Done<MayBeNumbers> done) override {
    ask<MayBeNumbers>(std::move(done), [this, hash, cookie, others]() -> MayBeNumbers {
      auto& ticket = engine_.tickets[hash];
      if (!ticket.cookie.empty()) return std::nullopt;
      ticket.cookie = cookie;
      return std::vector<std::optional<std::uint64_t>>(others.size());
    });
  }
  void sign_in(std::string before, SharedTicket session, journal::SharedTicketLimits,
               Done<SignInDone> done) override {
    ask<SignInDone>(std::move(done), [this, before, session] {
      const auto old = engine_.tickets.find(before);
      const bool is_there = old != engine_.tickets.end();
      if (is_there && old->second.principal == session.principal) {
        old->second.text = session.text;
        old->second.life = session.life;
        ++old->second.renewals;
        engine_.changes.push_back(before);
        return SignInDone{SignedIn::kRenewed, 0};
      }
      if (is_there) {
        engine_.tickets.erase(old);
        engine_.changes.push_back(before);
      }
      engine_.tickets[session.hash] = session;
      return SignInDone{is_there ? SignedIn::kOther : SignedIn::kNew, 0};
    });
  }
  void end(std::string hash, Done<void> done) override {
    ask<void>(std::move(done), [this, hash] {
      if (engine_.tickets.erase(hash) > 0) engine_.changes.push_back(hash);
      return Status();
    });
  }
  void on_changes(std::function<void(const journal::SharedTicketChanges&)> told) override {
    told_ = std::move(told);
  }

  /// The look that a hub takes once a second.
  void look(bool may_be_more = false) {
    journal::SharedTicketChanges changes;
    changes.may_be_more = may_be_more;
    changes.sessions_changed.assign(engine_.changes.begin() + static_cast<std::ptrdiff_t>(seen_),
                                    engine_.changes.end());
    seen_ = engine_.changes.size();
    told_(changes);
  }

 private:
  template <typename T, typename Work>
  void ask(Done<T> done, Work work) {
    engine_.calls.push_back([this, done = std::move(done), work] {
      if (!engine_.is_up) return done(Error{ErrorCode::kUnavailable, "Redis does not answer"});
      done(Result<T>(work()));
    });
  }

  Engine& engine_;
  std::function<void(const journal::SharedTicketChanges&)> told_;
  std::size_t seen_ = 0;
};

struct Two {
  static MemoryHub::Options options(FakeTickets& tickets) {
    auto options = with(kTokens);
    options.public_url = "https://hub.example";
    options.make_tickets = [&tickets](const Clock& clock) {
      return std::make_unique<SharedTickets>(tickets, clock, gate::TicketOptions());
    };
    return options;
  }

  void run() {
    for (int i = 0; i < 6; ++i) {
      engine.carry_out();
      a.hub.settle();
      b.hub.settle();
    }
  }
  std::string ask(Stage& hub, const std::string& line, const std::string& id,
                  const std::string& fields = "", const std::string& body = "") {
    Peer& peer = hub.send(line, id, body, fields);
    run();
    return peer.received();
  }
  void look(bool may_be_more = false) {
    at_a.look(may_be_more);
    at_b.look(may_be_more);
    run();
  }

  Engine engine;
  FakeTickets at_a{engine};
  FakeTickets at_b{engine};
  Stage a{options(at_a)};
  Stage b{options(at_b)};
};

std::string between(const std::string& text, const std::string& begin, char end) {
  const auto at = text.find(begin);
  if (at == std::string::npos) return {};
  return text.substr(at + begin.size(), text.find(end, at + begin.size()) - at - begin.size());
}

/// The field with the cookie that an answer sets.
std::string cookie_field(const std::string& answer) {
  return "Cookie: " + between(answer, "Set-Cookie: ", ';') + "\r\nOrigin: https://hub.example\r\n";
}

std::string watch_line(const std::string& made) {
  return "GET /events/watch?ticket=" + between(made, R"("ticket":")", '"');
}

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

TEST_CASE("A use whose taking finds no engine is refused, and may be tried again",
          "[access][ticket][cluster]") {
  Two hubs;
  const auto line = watch_line(hubs.ask(hubs.a, "POST /tickets", "ci"));
  Peer& peer = hubs.b.send(line, "", "", "Accept: text/event-stream\r\n");
  // Found, and then the engine is gone.
  auto call = std::move(hubs.engine.calls.front());
  hubs.engine.calls.pop_front();
  call();
  hubs.b.hub.settle();
  hubs.engine.give_up();
  hubs.b.hub.settle();
  CHECK_THAT(peer.received(),
             Contains(" 200 ") && Contains("SSE-Refused: unavailable") && !Contains("Set-Cookie"));
  hubs.engine.is_up = true;
  CHECK_THAT(hubs.ask(hubs.b, line, ""), Contains(" 200 ") && Contains("Set-Cookie"));
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
