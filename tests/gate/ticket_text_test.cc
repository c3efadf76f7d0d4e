#include "sse/gate/ticket_text.h"

#include <memory>
#include <string>

#include "sse/auth/topic_algebra.h"

#include "support/catch.h"
#include "support/manual_clock.h"

namespace sse::gate {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;

auth::SharedPrincipal principal(const std::string& id) {
  auto made = std::make_shared<auth::Principal>();
  made->id = id;
  made->token_id = "7f\"3a";
  REQUIRE(auth::set_rights(*made, {{"ci/#", "metric:cpu*"}, {"#"}, {"observe", "admin"}}));
  return made;
}

struct Stage {
  Tickets::Kept ticket() const {
    Tickets::Kept kept;
    kept.key = auth::sha256_of("tk_a");
    kept.wish = {principal("token:ci"), {"ci/\u00fc", "a/+"}, "https://board.example", 1h};
    kept.use_before = now().boot + 30s;
    kept.expires = now().boot + 1h;
    return kept;
  }
  Tickets::Kept session() const {
    Tickets::Kept kept;
    kept.key = auth::sha256_of("ss_a");
    kept.is_session = true;
    auto made = std::make_shared<auth::Principal>(*principal("jwt:me:ann"));
    made->expires = now().wall + 90min;
    made->issued = now().wall - 5s;
    kept.wish.principal = made;
    kept.use_before = kept.expires = now().boot + 2h;
    return kept;
  }
  Now now() const { return clock.now(); }

  test::ManualClock clock;
};

TEST_CASE("Tickets and sessions are read as they were written", "[gate][ticket]") {
  Stage stage;
  auto taken = stage.ticket();
  taken.key = auth::sha256_of("tk_b");
  taken.wish.origin.reset();
  taken.cookie = auth::sha256_of("c");
  const auto text = text_of({stage.ticket(), stage.session(), taken}, stage.now());
  // Another start: the machine's clock of boot is another, and some time has passed.
  const Now later{stage.now().wall + 10min, BootTime(1h)};
  const auto read = read_tickets(text, later);
  if (!read) FAIL(read.error().text);
  REQUIRE(read->size() == 3);
  const auto& ticket = (*read)[0];
  CHECK(ticket.key == auth::sha256_of("tk_a"));
  CHECK_FALSE(ticket.is_session);
  CHECK(ticket.wish.principal->id == "token:ci");
  CHECK(ticket.wish.principal->token_id == "7f\"3a");
  CHECK(ticket.wish.topics == stage.ticket().wish.topics);
  CHECK(ticket.wish.origin == "https://board.example");
  CHECK(ticket.expires == later.boot + 50min);
  CHECK(ticket.use_before == later.boot + 30s - 10min);
  CHECK_FALSE(ticket.cookie);
  // A token file has its rights.
  CHECK(ticket.wish.principal->subscribe.is_empty());
  const auto& session = (*read)[1];
  CHECK(session.is_session);
  CHECK(session.expires == later.boot + 110min);
  CHECK(session.wish.principal->expires == stage.session().wish.principal->expires);
  CHECK(session.wish.principal->issued == stage.session().wish.principal->issued);
  CHECK(auth::has_same_rights(*session.wish.principal, *stage.session().wish.principal));
  CHECK((*read)[2].cookie == auth::sha256_of("c"));
  CHECK_FALSE((*read)[2].wish.origin);
}

TEST_CASE("What is over is not read", "[gate][ticket]") {
  Stage stage;
  const auto text = text_of({stage.ticket(), stage.session()}, stage.now());
  stage.clock.advance(1h);
  const auto read = read_tickets(text, stage.now());
  REQUIRE(read);
  REQUIRE(read->size() == 1);
  CHECK(read->front().is_session);
}

TEST_CASE("A text that is not whole is not read at all", "[gate][ticket]") {
  const Stage stage;
  const auto text = text_of({stage.ticket(), stage.session()}, stage.now());
  CHECK(read_tickets("", stage.now())->empty());
  const auto fault = [&](const std::string& broken) {
    const auto read = read_tickets(broken, stage.now());
    return read ? "read" : read.error().text;
  };
  CHECK_THAT(fault(text.substr(0, text.size() - 1)), Contains("line 3: "));
  CHECK_THAT(fault("{}\n"), Contains("line 1: "));
  CHECK_THAT(fault(text + "x\n"), Contains("line 4: "));
  for (const std::string part :
       {"\"kind\":\"ticket\"", "\"principal\"", "\"expires\"", "\"key\":\"", "\"publish\":["}) {
    CAPTURE(part);
    std::string broken = text;
    const auto at = broken.find(part);
    REQUIRE(at != std::string::npos);
    broken.replace(at, part.size(), "\"nothing\":\"");
    CHECK(fault(broken) != "read");
  }
}

}  // namespace
}  // namespace sse::gate
