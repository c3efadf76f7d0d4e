#include "sse/server/ticket_keeper.h"

#include <sys/stat.h>

#include <chrono>
#include <memory>
#include <string>

#include "sse/base/file_replacement.h"
#include "sse/gate/ticket_text.h"

#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/program.h"
#include "support/temporary_directory.h"

namespace sse::server {
namespace {

using namespace std::chrono_literals;

/// A hub's tickets, until it is killed or stopped.
struct Life {
  explicit Life(std::string path) : keeper(std::move(path), tickets, clock) {
    keeper.load();
    keeper.start();
  }
  std::string log_in() {
    auto principal = std::make_shared<auth::Principal>();
    principal->id = "token:a";
    const auto now = clock.now().boot;
    return tickets.open_session(std::move(principal), now + 1h, now).value();
  }
  bool knows(const std::string& secret) const {
    const auto key = gate::session_key(secret).value();
    return tickets.find_session(key, clock.now().boot).has_value();
  }

  test::ManualClock clock;
  gate::Tickets tickets{gate::TicketOptions()};
  TicketKeeper keeper;
};

TEST_CASE("What a stopped hub knew the next one knows, and no file holds a secret",
          "[server][ticket]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("tickets");
  std::string secret;
  std::string ended;
  {
    Life life(path);
    secret = life.log_in();
    ended = life.log_in();
    life.tickets.end_session(gate::session_key(ended).value());
  }
  const std::string text = test::read_text(path);
  CHECK_THAT(text, !Catch::Contains(secret) && !Catch::Contains(secret.substr(3)));
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  const Life next(path);
  CHECK(next.knows(secret));
  CHECK_FALSE(next.knows(ended));
}

TEST_CASE("What a hub has made is in the file soon, also when it is never stopped",
          "[server][ticket]") {
  const test::TemporaryDirectory directory;
  Life life(directory.file("tickets"));
  const auto first = life.log_in();
  const auto second = life.log_in();
  test::wait_until(
      [&] {
        const auto text = read_regular_file(directory.file("tickets"), 1'000'000);
        if (!text || !*text) return false;
        gate::Tickets tickets{gate::TicketOptions()};
        const auto now = life.clock.now();
        tickets.load(gate::read_tickets(**text, now).value(), now.boot);
        return tickets.counts().sessions == 2;
      },
      "both sessions are in the file");
}

TEST_CASE("A file that is broken or cannot be written is told, and the hub goes on",
          "[server][ticket]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("tickets");
  test::write_text(path, "nonsense\n");
  std::string secret;
  {
    Life life(path);
    secret = life.log_in();
    CHECK(life.knows(secret));
  }
  CHECK(Life(path).knows(secret));
  Life nowhere(directory.file("missing/tickets"));
  CHECK(nowhere.knows(nowhere.log_in()));
}

}  // namespace
}  // namespace sse::server
