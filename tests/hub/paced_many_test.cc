// Streams with an interval and very many filters: each turn takes a share of the work.

#include <algorithm>
#include <string>
#include <vector>

#include "hub/paced_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::Peer;
using Texts = std::vector<std::string>;
using Stage = PacedStage;

// No index narrows a type that begins with a wildcard: every event may concern its stream.
std::unique_ptr<const Filter> any_before(const std::string& text) {
  return filter_of({"*" + text}, {});
}

// Turns until `is_over`; 1000 when it never is.
template <typename Condition>
int turns_until(Stage& stage, const Condition& is_over) {
  int turns = 0;
  for (; turns < 1000 && !is_over(); ++turns) stage.loop().turn();
  return turns;
}

TEST_CASE("More groups than a turn looks at, which every event may concern, are all served",
          "[hub][paced]") {
  for (const bool has_past : {true, false}) {
    CAPTURE(has_past);
    Stage stage;
    if (has_past) stage.publish("before");
    constexpr int kStreams = 13'000;
    for (int i = 0; i < kStreams; ++i) stage.open({}, any_before("/" + std::to_string(i)));
    auto& wants = stage.open_settled({}, any_before("/7"));
    stage.publish("hidden", "none");
    stage.publish("one", "a/7");
    for (int i = 0; i < 20; ++i) stage.loop().turn();
    stage.clock.advance(kEvery);
    turns_until(stage, [&] { return !wants.received().empty(); });
    CHECK(events_of(wants) == Texts{"one"});
    stage.publish("two", "b/7");
    stage.settle();
    stage.clock.advance(kEvery);
    turns_until(stage, [&] { return !wants.received().empty(); });
    CHECK(events_of(wants) == Texts{"two"});
  }
}

TEST_CASE("One stream that may end does not make the others dearer", "[hub][paced][until]") {
  Stage stage;
  constexpr int kStreams = 1000;
  for (int i = 0; i < kStreams; ++i) stage.open({}, any_before("/" + std::to_string(i)));
  auto filter = Filter::make({}, {}, {"done"});
  REQUIRE(filter);
  auto& ends = stage.open_settled({}, std::move(filter).value());
  for (int i = 0; i < 1000; ++i) stage.publish("x", "other");
  stage.publish("the end", "done");
  CHECK(turns_until(stage, [&] { return ends.saw_end(); }) < 10);
}

TEST_CASE("Groups that are due at once are released over several turns", "[hub][paced]") {
  Stage stage;
  constexpr int kStreams = 10'000;
  std::vector<Peer*> peers;
  for (int i = 0; i < kStreams; ++i) {
    peers.push_back(&stage.open({}, filter_of({}, {std::to_string(i)})));
  }
  stage.settle();
  for (auto* peer : peers) peer->take();
  for (int i = 0; i < kStreams; ++i) stage.publish("x", {}, std::to_string(i));
  for (int i = 0; i < 50; ++i) stage.loop().turn();
  stage.clock.advance(kEvery);
  stage.loop().turn();
  // What comes now goes with what is not released yet.
  constexpr int kStep = 100;
  for (int i = 0; i < kStreams; i += kStep) stage.publish("y", "other", std::to_string(i));
  const auto has_all = [](Peer* peer) { return !peer->received().empty(); };
  turns_until(stage, [&] { return std::ranges::all_of(peers, has_all); });
  int together = 0;
  for (auto* peer : peers) {
    const auto events = events_of(*peer);
    REQUIRE(events.front() == "x");
    if (events.size() > 1) ++together;
  }
  CHECK(together > kStreams / kStep / 2);
  CHECK(together < kStreams / kStep);
  stage.next_slot();
  for (auto* peer : peers) together += static_cast<int>(events_of(*peer).size());
  CHECK(together == kStreams / kStep);
}

}  // namespace
}  // namespace sse::hub
