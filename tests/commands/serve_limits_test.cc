// Rates of sse-serve, and whose they are behind a proxy.

#include <string>

#include "commands/access_stage.h"
#include "support/catch.h"
#include "support/program.h"

namespace sse::test {
namespace {

/// An event that came through a proxy.
Words forwarded_event(const std::string& field) {
  Words words = event("a");
  words.insert(words.end(), {"-H", field});
  return words;
}

TEST_CASE("A principal publishes as often as it may, and is told when to come back",
          "[serve][limits]") {
  Tokens tokens;
  const auto one = tokens.add("one", {"--publish", "#"});
  const auto own = tokens.add("own", {"--publish", "#", "--rate", "2/h"});
  const HubProgram hub({"--tokens", tokens.path, "--rate-publish", "1/h"});
  const auto publish = [&](const std::string& token) {
    return ask(hub.url() + "/events", token, event("a"));
  };
  CHECK_THAT(publish(one), Contains(" 201 "));
  CHECK_THAT(publish(one),
             Contains(" 429 ") && Contains("Retry-After: 3") && Contains("(--rate-publish"));
  CHECK_THAT(publish(own), Contains(" 201 "));
}

TEST_CASE("Streams are opened as often as they may be, and an EventSource is told to wait",
          "[serve][limits]") {
  Tokens tokens;
  const auto token = tokens.add("page", {"--subscribe", "#"});
  const HubProgram hub({"--tokens", tokens.path, "--rate-open", "1/h"});
  Program first(
      {"curl", "-s", "-N", "-H", "Authorization: Bearer " + token, hub.url() + "/events/watch"});
  first.wait_for_out(": open");
  CHECK_THAT(ask(hub.url() + "/events/watch", token, {"-H", "Accept: text/event-stream"}),
             Contains(" 200 ") && Contains("SSE-Refused: rate") && Contains("\nretry: "));
  CHECK_THAT(ask(hub.url() + "/events/watch", token),
             Contains(" 429 ") && Contains("Retry-After: 3"));
}

TEST_CASE(
    "A forwarded request is limited by the peer that the proxy names, in the one field that "
    "is read",
    "[serve][limits]") {
  for (const std::string field : {"x-forwarded-for", "forwarded"}) {
    CAPTURE(field);
    const bool is_new = field == "forwarded";
    const std::string read = is_new ? "Forwarded: for=" : "X-Forwarded-For: ";
    const std::string other = is_new ? "X-Forwarded-For: " : "Forwarded: for=";
    const HubProgram hub({"--rate-publish", "1/h", "--rate-exempt", "192.0.2.0/24", "--proxy-from",
                          "127.0.0.0/8", "--proxy-header", field});
    const auto publish = [&](const std::string& line) {
      return ask(hub.url() + "/events", "", forwarded_event(line));
    };
    CHECK_THAT(publish(read + "192.0.2.1"), Contains(" 201 "));
    CHECK_THAT(publish(read + "192.0.2.1"), Contains(" 201 "));
    CHECK_THAT(publish(read + "198.51.100.1"), Contains(" 201 "));
    CHECK_THAT(publish(read + "198.51.100.1"), Contains(" 429 "));
    CHECK_THAT(publish(read + "198.51.100.2"), Contains(" 201 "));
    // What the other field says is any peer's word: this is a second one of the proxy itself.
    CHECK_THAT(publish(other + "192.0.2.2"), Contains(" 201 "));
    CHECK_THAT(publish(other + "192.0.2.3"), Contains(" 429 "));
  }
}

TEST_CASE("Without a proxy that is named, no field makes another peer", "[serve][limits]") {
  const HubProgram hub({"--rate-publish", "1/h", "--rate-exempt", "192.0.2.0/24"});
  const auto publish = [&] {
    return ask(hub.url() + "/events", "", forwarded_event("X-Forwarded-For: 192.0.2.1"));
  };
  CHECK_THAT(publish(), Contains(" 201 "));
  CHECK_THAT(publish(), Contains(" 429 "));
}

}  // namespace
}  // namespace sse::test
