// Who is next: fairness without a loop, sockets or bytes.

#include "sse/hub/schedule.h"

#include <algorithm>
#include <deque>
#include <map>
#include <vector>

#include "support/catch.h"
#include "support/thread_time.h"

namespace sse::hub {
namespace {

using Hook = Schedule::Hook;
using Kind = Schedule::Kind;
using State = Schedule::State;
using Walk = Schedule::Walk;

struct Stage {
  Hook& add(Kind kind = Kind::kWhole) {
    Hook& hook = hooks.emplace_back();
    schedule.add(hook, kind);
    return hook;
  }
  std::vector<Hook*> add_many(std::size_t count, Kind kind = Kind::kWhole) {
    std::vector<Hook*> added;
    for (std::size_t i = 0; i < count; ++i) added.push_back(&add(kind));
    return added;
  }
  /// Who is fed until the pass is over.
  std::vector<Hook*> finish_pass() {
    std::vector<Hook*> fed;
    while (Hook* hook = next()) fed.push_back(hook);
    CHECK(schedule.is_pass_over());
    return fed;
  }
  std::vector<Hook*> pass(Walk walk = Walk::kAll) {
    schedule.begin_pass(walk);
    return finish_pass();
  }
  Hook* next() {
    Budget budget(1'000'000);
    return schedule.next(budget);
  }
  std::size_t sweep() {
    std::size_t swept = 0;
    while (schedule.next_dead() != nullptr) ++swept;
    return swept;
  }

  std::deque<Hook> hooks;
  Schedule schedule;
};

std::map<Hook*, int> counted(const std::vector<Hook*>& fed) {
  std::map<Hook*, int> times;
  for (auto* hook : fed) ++times[hook];
  return times;
}

TEST_CASE("Every whole stream that rests is fed once in a pass", "[hub][schedule]") {
  Stage stage;
  const auto all = stage.add_many(100);
  for (int pass = 0; pass < 3; ++pass) CHECK(stage.pass() == all);
}

TEST_CASE("A stream that is added between passes, or while no walk is under way, is in the next",
          "[hub][schedule]") {
  Stage stage;
  Hook& first = stage.add();
  CHECK(stage.schedule.is_pass_over());
  stage.schedule.begin_pass(Walk::kAll);
  Hook& second = stage.add();
  CHECK(stage.finish_pass() == std::vector{&first, &second});
  stage.add();
  CHECK(stage.schedule.is_pass_over());
  CHECK(stage.pass().size() == 3);
}

TEST_CASE("A stream that is made due twice is fed once, and not again by the walk",
          "[hub][schedule]") {
  Stage stage;
  const auto all = stage.add_many(3);
  stage.schedule.mark_due(*all[1]);
  stage.schedule.mark_due(*all[1]);
  const auto fed = stage.pass(Walk::kNone);
  CHECK(fed == std::vector{all[1]});
  stage.schedule.begin_pass(Walk::kAll);
  stage.schedule.mark_due(*all[1]);  // in the middle of a pass: it is fed in the next
  CHECK(stage.finish_pass() == std::vector{all[0], all[2]});
  CHECK(stage.pass(Walk::kNone) == std::vector{all[1]});
}

TEST_CASE("What becomes due in a pass waits for the next, so that a pass ends", "[hub][schedule]") {
  Stage stage;
  const auto all = stage.add_many(10, Kind::kFiltered);
  for (auto* hook : all) stage.schedule.mark_due(*hook);
  stage.schedule.begin_pass(Walk::kNone);
  std::size_t fed = 0;
  while (Hook* hook = stage.next()) {
    ++fed;
    stage.schedule.mark_due(*hook);  // each has more to do, for ever
    REQUIRE(fed <= all.size());
  }
  CHECK(fed == all.size());
  CHECK(stage.schedule.has_work());
}

TEST_CASE("Filtered streams are in no walk", "[hub][schedule]") {
  Stage stage;
  Hook& filtered = stage.add(Kind::kFiltered);
  Hook& whole = stage.add();
  CHECK(stage.pass() == std::vector{&whole});
  stage.schedule.mark_due(filtered);
  CHECK(stage.pass() == std::vector{&filtered, &whole});
}

TEST_CASE("A walk passes over blocked streams, and feeds them when they have room",
          "[hub][schedule]") {
  Stage stage;
  const auto all = stage.add_many(3);
  stage.schedule.mark_blocked(*all[0]);
  CHECK(stage.pass() == std::vector{all[1], all[2]});
  stage.schedule.mark_due(*all[0]);
  CHECK(stage.pass(Walk::kNone) == std::vector{all[0]});
  CHECK(stage.pass() == all);
}

TEST_CASE("A budget cuts a walk over streams that cannot be fed, and it goes on",
          "[hub][schedule]") {
  Stage stage;
  const auto all = stage.add_many(1000);
  for (auto* hook : all) stage.schedule.mark_blocked(*hook);
  Hook& last = stage.add();
  stage.schedule.begin_pass(Walk::kAll);
  std::size_t turns = 1;
  for (;; ++turns) {
    Budget budget(100);
    if (stage.schedule.next(budget) == &last) break;
    REQUIRE(turns <= 11);
  }
  CHECK(turns == 11);
}

TEST_CASE("Streams that are behind have their share beside passes, in turn", "[hub][schedule]") {
  Stage stage;
  const auto behind = stage.add_many(3);
  const auto live = stage.add_many(5);
  for (auto* hook : behind) stage.schedule.mark_behind(*hook);
  for (int turn = 0; turn < 6; ++turn) {
    CHECK(stage.pass() == live);  // as long as without them
    Hook* next = stage.schedule.next_behind();
    CHECK(next == behind[static_cast<std::size_t>(turn % 3)]);
    stage.schedule.mark_behind(*next);  // it has more
  }
  CHECK(stage.schedule.next_behind() == behind[0]);
  CHECK(stage.pass().front() == behind[0]);  // caught up: the walk has it again
}

TEST_CASE("Streams whose peers have ended keep no others waiting", "[hub][schedule]") {
  Stage stage;
  const auto ending = stage.add_many(2);
  const auto behind = stage.add_many(1);
  const auto live = stage.add_many(3);
  for (auto* hook : ending) stage.schedule.mark_ending(*hook);
  stage.schedule.mark_behind(*behind[0]);
  CHECK(stage.pass() == live);
  CHECK(stage.schedule.next_behind() == behind[0]);
  CHECK(stage.schedule.has_work());
  CHECK(stage.schedule.next_ending() == ending[0]);
  stage.schedule.mark_leaving(*ending[1]);
  CHECK(stage.schedule.next_ending() == nullptr);
  CHECK(stage.schedule.next_leaving() == ending[1]);
  CHECK_FALSE(stage.schedule.has_work());
}

TEST_CASE("Streams that leave in a walk take no other stream's turn, in whatever order they leave",
          "[hub][schedule]") {
  constexpr std::size_t kStreams = 60;
  for (std::size_t leaves_after = 0; leaves_after <= kStreams; leaves_after += 7) {
    for (std::size_t step = 1; step < 9; ++step) {
      Stage stage;
      const auto all = stage.add_many(kStreams);
      const auto leaves = [&](std::size_t i) { return i % step == 0; };
      stage.schedule.begin_pass(Walk::kAll);
      std::vector<Hook*> fed;
      for (std::size_t i = 0; i < leaves_after; ++i) fed.push_back(stage.next());
      for (std::size_t i = 0; i < kStreams; ++i) {
        if (leaves(i)) stage.schedule.remove(*all[i]);
      }
      Hook& newcomer = stage.add();
      for (auto* hook : stage.finish_pass()) fed.push_back(hook);
      auto times = counted(fed);
      for (std::size_t i = 0; i < kStreams; ++i) {
        CHECK((times[all[i]] == 1 || (leaves(i) && i >= leaves_after)));
      }
      CHECK(times[&newcomer] <= 1);
      for (const auto* list : {&stage.schedule.all(Kind::kWhole)}) {
        for (std::size_t i = 0; i < list->size(); ++i) CHECK((*list)[i]->index() == i);
      }
    }
  }
}

TEST_CASE("A stream can be removed in every state", "[hub][schedule]") {
  Stage stage;
  for (const auto kind : {Kind::kWhole, Kind::kFiltered}) {
    const auto all = stage.add_many(16, kind);
    for (std::size_t i = 0; i < all.size(); ++i) {
      Hook& hook = *all[i];
      switch (i / 2) {
        case 0:
          break;
        case 1:
          stage.schedule.mark_blocked(hook);
          break;
        case 2:
          stage.schedule.mark_due(hook);
          break;
        case 3:
          stage.schedule.mark_behind(hook);
          break;
        case 4:
          stage.schedule.mark_leaving(hook);
          break;
        case 5:
          stage.schedule.mark_lingering(hook);
          break;
        case 6:
          stage.schedule.retire(hook);
          break;
        case 7:
          stage.schedule.mark_ending(hook);
          break;
      }
    }
    for (std::size_t i = 0; i < all.size(); i += 2) stage.schedule.remove(*all[i]);
    CHECK(stage.schedule.lingering() == 1);
    for (std::size_t i = 1; i < all.size(); i += 2) stage.schedule.remove(*all[i]);
  }
  CHECK(stage.schedule.is_empty());
  CHECK(stage.schedule.lingering() == 0);
  CHECK(stage.schedule.next_behind() == nullptr);
  CHECK(stage.schedule.next_ending() == nullptr);
  CHECK(stage.schedule.next_leaving() == nullptr);
  CHECK(stage.schedule.next_dead() == nullptr);
  CHECK(stage.pass().empty());
  CHECK_FALSE(stage.schedule.has_work());
}

TEST_CASE("One that leaves the due streams of a pass neither cuts the pass nor lets another in",
          "[hub][schedule]") {
  Stage stage;
  const auto all = stage.add_many(5, Kind::kFiltered);
  for (std::size_t i = 0; i < 4; ++i) stage.schedule.mark_due(*all[i]);
  stage.schedule.begin_pass(Walk::kNone);
  CHECK(stage.next() == all[0]);
  stage.schedule.mark_due(*all[0]);  // of the next pass
  stage.schedule.mark_due(*all[4]);
  stage.schedule.mark_leaving(*all[0]);
  stage.schedule.retire(*all[1]);  // of this one
  CHECK(stage.finish_pass() == std::vector{all[2], all[3]});
  CHECK(stage.pass(Walk::kNone) == std::vector{all[4]});
  CHECK(stage.schedule.next_leaving() == all[0]);
  CHECK(stage.sweep() == 1);
}

TEST_CASE("A stream that ends is fed no more, and goes one way", "[hub][schedule]") {
  Stage stage;
  Hook& hook = stage.add();
  Schedule& schedule = stage.schedule;
  schedule.mark_due(hook);
  schedule.mark_leaving(hook);
  CHECK_FALSE(hook.is_open());
  schedule.mark_due(hook);
  schedule.mark_behind(hook);
  schedule.mark_blocked(hook);
  CHECK(hook.state() == State::kLeaving);
  CHECK(stage.pass().empty());
  schedule.mark_lingering(hook);
  CHECK(schedule.next_leaving() == nullptr);
  CHECK(schedule.lingering() == 1);
  schedule.mark_leaving(hook);
  CHECK(hook.state() == State::kLingering);
  schedule.retire(hook);
  schedule.retire(hook);
  schedule.mark_lingering(hook);
  CHECK(hook.state() == State::kDead);
  CHECK(schedule.lingering() == 0);
  CHECK(stage.sweep() == 1);
  CHECK(schedule.is_empty());
}

TEST_CASE("Streams that are parked come back with what they wait for, and none of the others",
          "[hub][schedule]") {
  Stage stage;
  const auto all = stage.add_many(4);
  Schedule& schedule = stage.schedule;
  schedule.mark_parked(*all[0], 7);
  schedule.mark_parked(*all[1], 8);
  schedule.mark_parked(*all[2], 7);
  schedule.mark_parked(*all[3], 9);
  CHECK(schedule.parked() == 4);
  CHECK(all[0]->is_open());
  schedule.mark_due(*all[0]);
  schedule.mark_behind(*all[0]);
  schedule.mark_blocked(*all[0]);
  CHECK(all[0]->state() == State::kParked);
  CHECK(stage.pass().empty());
  CHECK_FALSE(schedule.has_work());
  schedule.end_wait(7);
  CHECK(schedule.has_work());
  const std::vector<Hook*> behind{schedule.next_behind(), schedule.next_behind()};
  CHECK(counted(behind) == counted({all[0], all[2]}));
  CHECK(schedule.next_behind() == nullptr);
  CHECK(schedule.parked() == 2);
  schedule.mark_leaving(*all[1]);
  schedule.end_wait(8);
  CHECK(all[1]->state() == State::kLeaving);
  schedule.retire(*all[3]);
  CHECK(stage.sweep() == 1);
  schedule.end_all_waits();
  CHECK(schedule.parked() == 0);
  CHECK(schedule.next_behind() == nullptr);
}

TEST_CASE("A million streams cost a million steps: passes, marks and removals are linear",
          "[hub][schedule]") {
  constexpr std::size_t kSmall = 20'000;
  constexpr std::size_t kLarge = 1'000'000;
  const auto seconds_for = [](std::size_t count) {
    Stage stage;
    const auto all = stage.add_many(count);
    const double begin = test::thread_seconds();
    for (std::size_t i = 0; i < count; i += 2) stage.schedule.mark_due(*all[i]);
    for (std::size_t i = 1; i < count; i += 2) stage.schedule.mark_behind(*all[i]);
    stage.schedule.begin_pass(Walk::kAll);
    for (std::size_t i = 0; i < count / 4; ++i) stage.next();
    for (std::size_t i = 0; i < count; i += 3) stage.schedule.retire(*all[i]);
    while (stage.next() != nullptr) {
    }
    while (stage.schedule.next_behind() != nullptr) {
    }
    for (std::size_t i = 1; i < count; ++i) {
      if (i % 3 != 0) stage.schedule.remove(*all[i]);
    }
    CHECK(stage.sweep() == (count + 2) / 3);
    CHECK(stage.schedule.is_empty());
    return test::thread_seconds() - begin;
  };
  const double small = seconds_for(kSmall);
  // Fifty times as many. Quadratic would be 2,500 times as long; caches and others take their part.
  CHECK(seconds_for(kLarge) < 500 * small);
}

}  // namespace
}  // namespace sse::hub
