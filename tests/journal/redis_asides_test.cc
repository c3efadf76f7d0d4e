// How many calls beside the log wait for an engine that is silent.

#include "sse/journal/redis_asides.h"

#include <chrono>
#include <string>
#include <vector>

#include "support/catch.h"

namespace sse::journal {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// Calls of a journal without an engine.
struct Calls {
  void ask() {
    asides.ask(RedisAsides::Script::kTickets, {"find", "x"}, [this](const auto& reply) {
      told.push_back(reply ? "a reply" : reply.error().text);
    });
  }

  int wakes = 0;
  std::vector<std::string> told;
  RedisAsides asides{5s, 3, [this] { ++wakes; }};
};

TEST_CASE("Calls beyond those that may wait are refused at once, until others are over",
          "[journal][redis]") {
  Calls calls;
  for (int i = 0; i < 5; ++i) calls.ask();
  REQUIRE(calls.told.size() == 2);
  CHECK(calls.told[0] == "too many calls wait for Redis (--max-connections)");
  CHECK(calls.told[1] == calls.told[0]);
  CHECK(calls.wakes == 3);
  calls.asides.expire(steady_clock::now() + 6s);
  REQUIRE(calls.told.size() == 5);
  CHECK(calls.told[2] == "Redis does not answer in time (--cluster-timeout)");
  for (int i = 0; i < 4; ++i) calls.ask();
  CHECK(calls.told.size() == 6);
  calls.asides.lose();
  calls.asides.end();
  CHECK(calls.told.size() == 9);
  calls.ask();
  CHECK(calls.told.back() == "the hub is stopping");
}

}  // namespace
}  // namespace sse::journal
