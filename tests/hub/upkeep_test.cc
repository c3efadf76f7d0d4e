// What streams need in addition to events.

#include "sse/hub/upkeep.h"

#include <chrono>
#include <set>
#include <vector>

#include "support/catch.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using Facts = Upkeep::Facts;
using Need = Upkeep::Need;
using State = Schedule::State;

constexpr BootTime kStart = BootTime(1000s);

HubOptions options() {
  HubOptions options;
  options.heartbeat = 16s;
  options.slow_after = 30s;
  options.max_lag = 1'000;
  return options;
}

struct Stage {
  explicit Stage(const HubOptions& with = options()) : upkeep(with, kStart) {}

  /// Ticks as a loop does until `since_start`.
  void run_to(std::chrono::nanoseconds since_start) {
    for (; now + upkeep.tick() <= kStart + since_start; upkeep.begin_tick(now)) {
      now += upkeep.tick();
    }
  }

  BootTime now = kStart;
  Upkeep upkeep;
};

Facts facts(State state, std::uint32_t index = 0) {
  Facts facts;
  facts.state = state;
  facts.index = index;
  facts.unchanged_since = kStart;
  return facts;
}

TEST_CASE("A stream that lingers ends after two seconds, or when what is unsent would be slow",
          "[hub][upkeep]") {
  Stage stage;
  Facts quiet = facts(State::kLingering);
  Facts unsent = quiet;
  unsent.has_unsent = true;
  stage.run_to(1s);
  CHECK(stage.upkeep.need_of(quiet) == Need::kNothing);
  stage.run_to(3s);
  CHECK(stage.upkeep.need_of(quiet) == Need::kEnd);
  CHECK(stage.upkeep.need_of(unsent) == Need::kNothing);
  stage.run_to(31s);
  CHECK(stage.upkeep.need_of(unsent) == Need::kEnd);
}

TEST_CASE("A round visits each stream once, in equal parts", "[hub][upkeep]") {
  Stage stage;
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 10'000U}) {
    std::size_t next = 0;
    for (std::size_t tick = 0; tick < Upkeep::kSlots; ++tick) {
      stage.upkeep.begin_tick(stage.now);
      const auto part = stage.upkeep.part_of(size);
      CHECK(part.begin == next);
      CHECK(part.end - part.begin <= size / Upkeep::kSlots + 1);
      next = part.end;
    }
    CHECK(next == size);
  }
}

TEST_CASE("A round is a quarter of the shortest interval, and a second at most", "[hub][upkeep]") {
  CHECK(Upkeep(options(), kStart).tick() == 62'500us);
  auto quick = options();
  quick.heartbeat = 1s;
  CHECK(Upkeep(quick, kStart).tick() == 15'625us);
  quick.slow_after = 10ms;
  CHECK(Upkeep(quick, kStart).tick() == 5ms);
  auto never = options();
  never.heartbeat = never.slow_after = 0s;
  CHECK(Upkeep(never, kStart).tick() == 62'500us);
}

TEST_CASE("A stream that has all and is silent needs a heartbeat, up to a quarter early",
          "[hub][upkeep]") {
  Stage stage;
  std::set<int> seconds;
  for (std::uint32_t index = 0; index < 64; ++index) {
    Stage each;
    auto at = 0ms;
    for (; each.upkeep.need_of(facts(State::kResting, index)) == Need::kNothing; at += 100ms) {
      each.run_to(at);
      REQUIRE(at <= 17s);
    }
    CHECK(at >= 12s);
    seconds.insert(static_cast<int>(at / 1s));
  }
  CHECK(seconds.size() >= 4);  // not together
  stage.run_to(20s);
  CHECK(stage.upkeep.need_of(facts(State::kResting)) == Need::kHeartbeat);
  auto behind = facts(State::kResting);
  behind.has_all = false;
  CHECK(stage.upkeep.need_of(behind) == Need::kNothing);
  for (const auto state :
       {State::kDue, State::kBehind, State::kEnding, State::kBlocked, State::kLeaving}) {
    CHECK(stage.upkeep.need_of(facts(state)) == Need::kNothing);
  }
  auto none = options();
  none.heartbeat = 0s;
  Stage quiet(none);
  quiet.run_to(1h);
  CHECK(quiet.upkeep.need_of(facts(State::kResting)) == Need::kNothing);
}

TEST_CASE("Only a blocked stream is slow", "[hub][upkeep]") {
  Stage stage;
  stage.run_to(29s);
  CHECK(stage.upkeep.need_of(facts(State::kBlocked)) == Need::kNothing);
  stage.run_to(31s);
  CHECK(stage.upkeep.need_of(facts(State::kBlocked)) == Need::kSlow);
  for (const auto state :
       {State::kDue, State::kBehind, State::kEnding, State::kLeaving, State::kDead}) {
    auto far = facts(state);
    far.events_lost = 1;
    CHECK(stage.upkeep.need_of(far) == Need::kNothing);
  }
}

TEST_CASE("A pause of the process starts the time of slowness again, a short one does not",
          "[hub][upkeep]") {
  Stage paused;
  paused.run_to(10s);
  paused.now += 60s;
  paused.upkeep.begin_tick(paused.now);
  CHECK(paused.upkeep.need_of(facts(State::kBlocked)) == Need::kNothing);
  paused.run_to(70s + 29s);
  CHECK(paused.upkeep.need_of(facts(State::kBlocked)) == Need::kNothing);
  paused.run_to(70s + 31s);
  CHECK(paused.upkeep.need_of(facts(State::kBlocked)) == Need::kSlow);

  Stage stopped;
  stopped.run_to(20s);
  stopped.now += 14s;
  stopped.upkeep.begin_tick(stopped.now);
  CHECK(stopped.upkeep.need_of(facts(State::kBlocked)) == Need::kSlow);
}

TEST_CASE("A stream lingers for two seconds", "[hub][upkeep]") {
  Stage stage;
  stage.run_to(1900ms);
  CHECK(stage.upkeep.need_of(facts(State::kLingering)) == Need::kNothing);
  stage.run_to(2100ms);
  CHECK(stage.upkeep.need_of(facts(State::kLingering)) == Need::kEnd);
}

}  // namespace
}  // namespace sse::hub
