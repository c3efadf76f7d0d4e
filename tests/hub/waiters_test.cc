#include "sse/hub/waiters.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/hub_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;

struct Stage : test::HubStage {
  using HubStage::HubStage;

  /// A wait from the head on, which writes `name` down when it is over.
  Waiters::Ticket wait(std::string name, std::vector<std::string> topics = {},
                       std::chrono::nanoseconds longest = 10s) {
    auto filter = Filter::make({}, std::move(topics));
    REQUIRE(filter);
    return hub->wait(loop(), {event_log->head() + 1, std::move(*filter), longest,
                              [this, name](wire::Sequence) { ended.push_back(name); }});
  }

  std::vector<std::string> ended;
};

TEST_CASE("A wait ends with the first event that is wanted", "[hub][waiters]") {
  Stage stage;
  stage.wait("any");
  stage.wait("a", {"a"});
  stage.wait("b", {"b/#"});
  CHECK(stage.hub->waiting() == 3);
  stage.settle();
  CHECK(stage.ended.empty());
  stage.publish("1", "", "b/c");
  CHECK(stage.ended.empty());  // not on the publisher's time
  stage.settle();
  CHECK(stage.ended == std::vector<std::string>{"any", "b"});
  stage.publish("2", "", "b/c");
  stage.settle();
  CHECK(stage.hub->waiting() == 1);
  stage.publish("3", "", "a");
  stage.settle();
  CHECK(stage.ended == std::vector<std::string>{"any", "b", "a"});
  CHECK(stage.hub->waiting() == 0);
}

TEST_CASE("An event between the look at the log and the wait ends it", "[hub][waiters]") {
  Stage stage;
  const auto next = stage.event_log->head() + 1;
  stage.publish("1");
  bool ended = false;
  stage.hub->wait(stage.loop(), {next, nullptr, 10s, [&](wire::Sequence) { ended = true; }});
  CHECK_FALSE(ended);
  stage.settle();
  CHECK(ended);
}

TEST_CASE("A wait ends at its time, and once", "[hub][waiters]") {
  Stage stage;
  stage.wait("short", {}, 1s);
  stage.wait("long", {}, 2s);
  stage.pass(995ms);
  CHECK(stage.ended.empty());
  stage.pass(5ms);
  CHECK(stage.ended == std::vector<std::string>{"short"});
  stage.publish("1");
  stage.settle();
  stage.pass(2s);
  CHECK(stage.ended == std::vector<std::string>{"short", "long"});
}

TEST_CASE("A wait can be ended by the caller that began it", "[hub][waiters]") {
  Stage stage;
  const auto ticket = stage.wait("w");
  stage.hub->end_wait(stage.loop(), ticket);
  stage.hub->end_wait(stage.loop(), ticket);
  CHECK(stage.ended == std::vector<std::string>{"w"});
  CHECK(stage.hub->waiting() == 0);
  stage.pass(20s, 1s);
  CHECK(stage.ended.size() == 1);
}

TEST_CASE("A drain ends every wait, and those that come later", "[hub][waiters]") {
  Stage stage;
  stage.wait("before");
  bool drained = false;
  stage.hub->drain(1s, [&] { drained = true; });
  stage.settle();
  CHECK(stage.ended == std::vector<std::string>{"before"});
  CHECK(drained);
  stage.wait("after");
  stage.settle();
  CHECK(stage.ended == std::vector<std::string>{"before", "after"});
}

TEST_CASE("Many waits end in more than one turn, and streams are served in between",
          "[hub][waiters]") {
  constexpr std::size_t kWaits = 1'000;
  Stage stage;
  for (std::size_t i = 0; i < kWaits; ++i) stage.wait(std::to_string(i));
  stage.publish("1");
  stage.loop().turn();
  CHECK(stage.ended.size() > 0);
  CHECK(stage.ended.size() < kWaits);
  for (int i = 0; i < 10; ++i) stage.loop().turn();
  REQUIRE(stage.ended.size() == kWaits);
  for (std::size_t i = 0; i < kWaits; ++i) CHECK(stage.ended[i] == std::to_string(i));
}

TEST_CASE("Each event is looked at once for each that waits", "[hub][waiters]") {
  Stage stage;
  stage.wait("first", {"wanted"});
  for (int i = 0; i < 100; ++i) {
    stage.publish("other", "", "other");
    stage.settle();
    stage.wait("w" + std::to_string(i), {"wanted"});
  }
  CHECK(stage.ended.empty());
  stage.publish("1", "", "wanted");
  stage.settle();
  CHECK(stage.ended.size() == 101);
}

TEST_CASE("Events that expire before they are looked at end a wait", "[hub][waiters]") {
  Stage stage({}, {.retention = {.max_events = 2}});
  stage.wait("w", {"none/of/these"});
  for (int i = 0; i < 5; ++i) stage.publish("x", "", "x");
  stage.settle();
  CHECK(stage.ended == std::vector<std::string>{"w"});  // it may have missed what it wants
}

/// Waits of a loop by themselves, tested with the test's own budgets.
struct Alone : test::HubStage {
  void wait(std::string name, std::vector<std::string> topics, wire::Sequence next = 1,
            std::optional<wire::Sequence> last = {}) {
    auto filter = Filter::make({}, std::move(topics));
    REQUIRE(filter);
    waiters.add({next, std::move(*filter), 10s,
                 [this, name](wire::Sequence at) { ended.emplace_back(name, at); }, last, nullptr,
                 peer_group(address)},
                event_log->head());
  }

  /// How many looks of `steps` it takes until nothing is left to look at.
  std::size_t look(std::uint64_t steps) {
    std::size_t looks = 0;
    bool has_more = true;
    for (; has_more && looks < 100'000; ++looks) {
      Budget budget(steps);
      has_more = waiters.look(event_log->view(), budget);
    }
    return looks;
  }

  using Ended = std::vector<std::pair<std::string, wire::Sequence>>;

  Waiters waiters{loop()};
  Ended ended;
};

TEST_CASE("A search of a wait takes its budget a turn, and loses nothing", "[hub][waiters]") {
  Alone stage;
  for (int i = 0; i < 3000; ++i) stage.publish("x", "", "t/" + std::to_string(i));
  const auto wanted = stage.publish("y", "", "u/1").sequence();
  stage.wait("a", {"u/+"});
  stage.wait("never", {"v/+"});
  CHECK(stage.look(1'000) > 10);
  CHECK(stage.ended == Alone::Ended{{"a", wanted}});
  CHECK(stage.waiters.count() == 1);
  const auto later = stage.publish("z", "", "v/1").sequence();
  stage.look(1'000);
  CHECK(stage.ended.back() == std::pair<std::string, wire::Sequence>{"never", later});
}

TEST_CASE("A long search delays the other waits by a turn", "[hub][waiters]") {
  Alone stage;
  for (int i = 0; i < 3000; ++i) stage.publish("x", "", "t/" + std::to_string(i));
  for (int i = 0; i < 20; ++i) stage.wait("long", {"none/+"});
  for (int i = 0; i < 3; ++i) {
    stage.wait("short", {"mine"}, stage.event_log->head() + 1);
    stage.publish("x", "", "mine");
    const std::size_t before = stage.ended.size();
    for (int looks = 0; looks < 2; ++looks) {
      Budget budget(1'000);
      CHECK(stage.waiters.look(stage.event_log->view(), budget));
    }
    REQUIRE(stage.ended.size() == before + 1);
    CHECK(stage.ended.back().first == "short");
  }
  stage.look(1'000);
  CHECK(stage.ended.size() == 3);
}

TEST_CASE("Long searches take turns", "[hub][waiters]") {
  Alone stage;
  for (int i = 0; i < 3000; ++i) stage.publish("x", "", "t/" + std::to_string(i));
  stage.wait("long", {"none/+"});
  for (int i = 0; i < 5; ++i) stage.wait("found", {"t/7"});
  std::size_t looks = 0;
  for (; stage.ended.size() < 5 && looks < 1000; ++looks) {
    Budget budget(100);
    stage.waiters.look(stage.event_log->view(), budget);
  }
  CHECK(looks < 40);  // the long one alone takes hundreds
}

TEST_CASE("Long searches take turns by the address of their peers", "[hub][waiters]") {
  Alone stage;
  for (int i = 0; i < 3000; ++i) stage.publish("x", "", "t/" + std::to_string(i));
  const auto looks_of_one = [&](std::string address) {
    stage.ended.clear();
    stage.address = std::move(address);
    stage.wait("one", {"none/+"}, 1, 3000);
    std::size_t looks = 0;
    for (; looks < 100'000 && (stage.ended.empty() || stage.ended.back().first != "one"); ++looks) {
      Budget budget(100);
      stage.waiters.look(stage.event_log->view(), budget);
    }
    return looks;
  };
  const std::size_t alone = looks_of_one("192.0.2.1");
  stage.address = "192.0.2.2";
  for (int i = 0; i < 50; ++i) stage.wait("many", {"none/+"});
  CHECK(looks_of_one("192.0.2.1") <= 2 * alone + 2);
  CHECK(looks_of_one("192.0.2.3") <= 2 * alone + 2);
  CHECK(looks_of_one("unix") <= 2 * alone + 2);
  CHECK(looks_of_one("192.0.2.2") > 10 * alone);  // behind its own
  stage.look(100'000);
  CHECK(stage.waiters.count() == 50);
}

TEST_CASE("A wait for what is there already ends behind it", "[hub][waiters]") {
  Alone stage;
  for (int i = 0; i < 100; ++i) stage.publish("x", "", "t");
  stage.wait("a", {"none"}, 1, 100);
  stage.wait("b", {"t"}, 50, 100);
  stage.wait("c", {"none"}, 101);
  stage.look(10);
  CHECK(stage.ended == Alone::Ended{{"a", 101}, {"b", 50}});
}

TEST_CASE("A wait can be ended while its search goes on", "[hub][waiters]") {
  Alone stage;
  for (int i = 0; i < 1000; ++i) stage.publish("x", "", "t/" + std::to_string(i));
  stage.wait("a", {"none/+"});
  stage.wait("b", {"none/+"});
  Budget budget(100);
  CHECK(stage.waiters.look(stage.event_log->view(), budget));
  stage.waiters.end_all();
  REQUIRE(stage.ended.size() == 2);
  CHECK(stage.waiters.count() == 0);
  Budget more(100);
  CHECK_FALSE(stage.waiters.look(stage.event_log->view(), more));
}

TEST_CASE("Waits that are left when the hub ends are let go of", "[hub][waiters]") {
  const auto token = std::make_shared<int>();
  {
    Stage stage;
    stage.hub->wait(stage.loop(), {1, nullptr, 10s, [token](wire::Sequence) {}});
    CHECK(token.use_count() == 2);
  }
  CHECK(token.use_count() == 1);
}

}  // namespace
}  // namespace sse::hub
