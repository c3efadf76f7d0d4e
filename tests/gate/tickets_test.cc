#include "sse/gate/tickets.h"

#include <memory>
#include <string>
#include <vector>

#include "sse/http/request.h"

#include "support/catch.h"
#include "support/manual_clock.h"

namespace sse::gate {
namespace {

using namespace std::chrono_literals;

struct Stage {
  explicit Stage(const TicketOptions& options = {}) : tickets(options) {}

  std::string make(const std::string& principal = "token:a", std::chrono::nanoseconds life = 1h) {
    auto made = std::make_shared<auth::Principal>();
    made->id = principal;
    return tickets.make({made, {}, {}, life}, now()).value().ticket;
  }
  std::string take(const std::string& ticket) {
    return tickets.take(ticket, now()).value().value_or("");
  }
  bool counts(const std::string& ticket, const std::string& cookie = "") const {
    return tickets.find(ticket, cookie, now()).has_value();
  }
  BootTime now() const { return clock.now().boot; }

  test::ManualClock clock;
  Tickets tickets;
};

TEST_CASE("A ticket counts once without its cookie, and then with it alone", "[gate][ticket]") {
  Stage stage;
  const auto ticket = stage.make();
  CHECK(ticket.size() == 46);
  CHECK(stage.counts(ticket));
  CHECK_FALSE(stage.tickets.find(ticket, "", stage.now())->is_taken);
  const auto cookie = stage.take(ticket);
  CHECK(cookie.size() == 43);
  CHECK(stage.take(ticket).empty());
  CHECK_FALSE(stage.counts(ticket));
  CHECK_FALSE(stage.counts(ticket, "x"));
  CHECK(stage.counts(ticket, cookie));
  CHECK(stage.tickets.find(ticket, cookie, stage.now())->is_taken);
  CHECK_FALSE(stage.counts(stage.make(), "") == false);
  CHECK_FALSE(stage.counts("tk_" + std::string(43, 'A')));
  CHECK_FALSE(stage.counts(""));
}

TEST_CASE("A ticket waits thirty seconds for its first use, and then lives as it was asked to",
          "[gate][ticket]") {
  Stage stage;
  const auto late = stage.make();
  const auto used = stage.make();
  const auto cookie = stage.take(used);
  stage.clock.advance(30s);
  CHECK_FALSE(stage.counts(late));
  CHECK(stage.take(late).empty());
  CHECK(stage.counts(used, cookie));
  stage.clock.advance(1h - 30s);
  CHECK_FALSE(stage.counts(used, cookie));
}

TEST_CASE("A principal has a tenth of the table, and its own oldest goes", "[gate][ticket]") {
  Stage stage({30s, 20});
  const auto other = stage.make("token:b");
  const auto first = stage.make();
  const auto second = stage.make();
  const auto third = stage.make();
  CHECK_FALSE(stage.counts(first));
  CHECK(stage.counts(second));
  CHECK(stage.counts(third));
  CHECK(stage.counts(other));
  CHECK(stage.tickets.counts().pushed_out == 1);
  CHECK(stage.tickets.counts().open == 3);
}

TEST_CASE("A full table drops what is over, else its oldest", "[gate][ticket]") {
  Stage stage({30s, 3});
  const auto a = stage.make("a");
  stage.make("b");
  stage.make("c");
  stage.make("d");
  CHECK_FALSE(stage.counts(a));
  CHECK(stage.tickets.counts().open == 3);
  stage.clock.advance(1min);
  stage.make("e");
  CHECK(stage.tickets.counts().open == 1);
}

TEST_CASE("Cookies of tickets that count no more are left over, and those beyond the 16 newest",
          "[gate][ticket]") {
  Stage stage;
  const CookieNames names("http://hub.example");
  const http::Request request;
  std::vector<std::string> texts;  // name and value of one after the other
  for (int i = 0; i < 20; ++i) {
    const auto ticket = stage.make();
    texts.push_back(names.ticket(request, ticket));
    texts.push_back(stage.take(ticket));
  }
  std::vector<Cookie> cookies;
  for (std::size_t i = 0; i < texts.size(); i += 2) cookies.push_back({texts[i], texts[i + 1]});
  // 15 and the one that is being taken.
  const auto left = stage.tickets.leftovers(cookies, stage.now());
  CHECK(left == std::vector<std::string>{texts[8], texts[6], texts[4], texts[2], texts[0]});
  cookies.resize(3);
  CHECK(stage.tickets.leftovers(cookies, stage.now()).empty());
  cookies[1].value = "of another hub's life";
  CHECK(stage.tickets.leftovers(cookies, stage.now()) == std::vector<std::string>{texts[2]});
  stage.clock.advance(1h);
  CHECK(stage.tickets.leftovers(cookies, stage.now()).size() == 3);
}

TEST_CASE("A change of what is kept is told, and nothing else is", "[gate][ticket]") {
  Stage stage;
  int changes = 0;
  stage.tickets.on_change([&changes] { ++changes; });
  const auto ticket = stage.make();
  CHECK(changes == 1);
  const auto cookie = stage.take(ticket);
  CHECK(changes == 2);
  stage.take(ticket);
  CHECK(stage.counts(ticket, cookie));
  CHECK(changes == 2);
  auto principal = std::make_shared<auth::Principal>();
  principal->id = "token:a";
  const auto secret = stage.tickets.open_session(principal, stage.now() + 1h, stage.now()).value();
  CHECK(changes == 3);
  CHECK(stage.tickets.counts().sessions == 1);
  CHECK(stage.tickets.counts().open == 1);
  const auto key = session_key(secret).value();
  stage.tickets.renew_session(key, principal, stage.now() + 2h, stage.now());
  CHECK(changes == 4);
  CHECK(stage.tickets.find_session(key, stage.now())->renewals == 1);
  stage.tickets.end_session(key);
  CHECK(changes == 5);
  stage.tickets.end_session(key);
  CHECK_FALSE(stage.tickets.renew_session(key, principal, stage.now() + 2h, stage.now()));
  CHECK(changes == 5);
  CHECK(stage.tickets.counts().sessions == 0);
}

}  // namespace
}  // namespace sse::gate
