// Sessions and tickets of a hub with a data directory, over its end.

#include <csignal>
#include <string>

#include "commands/access_stage.h"
#include "support/catch.h"
#include "support/program.h"

namespace sse::test {
namespace {

/// `name=value` of the first cookie that an answer sets.
std::string cookie_of(const std::string& answer) {
  const auto at = answer.find("Set-Cookie: ");
  REQUIRE(at != std::string::npos);
  return answer.substr(at + 12, answer.find(';', at) - at - 12);
}

/// What curl gets of a stream, up to the end of the head.
std::string head_of(const std::string& url, const std::string& cookie) {
  Program curl({"curl", "-s", "-i", "-N", "-H", "Cookie: " + cookie, url});
  curl.wait_for_out("\r\n\r\n");
  return curl.out();
}

TEST_CASE(
    "A session and a ticket that was used count after the hub's end, and what was ended does not",
    "[serve][access][history]") {
  Tokens tokens;
  const auto token = tokens.add("page", {"--subscribe", "ci/#"});
  const std::string kept = tokens.directory.file("data/tickets");
  // Cookies are named by the port that pages use, and each of the two hubs has another one.
  const Words options = {"--tokens",     tokens.path,
                         "--public-url", "http://localhost:9000",
                         "--data-dir",   tokens.directory.file("data")};
  std::string session;
  std::string ended;
  std::string path;
  std::string ticket;
  const int signal = GENERATE(SIGKILL, SIGTERM);
  CAPTURE(signal);
  {
    HubProgram hub(options);
    session = cookie_of(ask(hub.url() + "/session", token, {"-X", "POST"}));
    ended = cookie_of(ask(hub.url() + "/session", token, {"-X", "POST"}));
    CHECK_THAT(
        ask(hub.url() + "/session", "",
            {"-X", "DELETE", "-H", "Cookie: " + ended, "-H", "Origin: http://localhost:9000"}),
        Contains(" 204 "));
    const auto made = ask(hub.url() + "/tickets", token, {"-X", "POST"});
    const auto at = made.find("/events/watch?ticket=");
    path = made.substr(at, made.find('"', at) - at);
    ticket = cookie_of(head_of(hub.url() + path, ""));
    if (signal == SIGKILL) {
      // The ticket's hash is the last thing that is written, a second after the last write at most.
      wait_until([&] { return text_of(kept).find("\"cookie\"") != std::string::npos; },
                 "the ticket's use is kept");
    }
    hub.program().signal(signal);
    hub.program().wait();
  }
  CHECK_THAT(text_of(kept), !Contains(session.substr(session.find('=') + 4)) &&
                                !Contains(ticket.substr(ticket.find('=') + 1)));
  const HubProgram hub(options);
  CHECK_THAT(ask(hub.url() + "/session", "", {"-H", "Cookie: " + session}),
             Contains(R"("principal":"token:page")"));
  CHECK_THAT(ask(hub.url() + "/session", "", {"-H", "Cookie: " + ended}), Contains(" 401 "));
  CHECK_THAT(head_of(hub.url() + path, ticket), Contains(" 200 ") && Contains("SSE-Topics: ci/#"));
  CHECK_THAT(head_of(hub.url() + path, ""), Contains(" 401 "));
}

}  // namespace
}  // namespace sse::test
