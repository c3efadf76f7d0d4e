// A pass over many streams: slices, and what comes and goes meanwhile.

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/hub_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::HubStage;
using test::Peer;

/// More than one turn feeds.
constexpr std::size_t kMany = 1000;

std::vector<Peer*> open_many(HubStage& stage) {
  std::vector<Peer*> peers;
  for (std::size_t i = 0; i < kMany; ++i) peers.push_back(&stage.open());
  stage.settle();
  for (auto* peer : peers) peer->take();
  return peers;
}

std::size_t count_reached(const std::vector<Peer*>& peers) {
  return static_cast<std::size_t>(std::count_if(
      peers.begin(), peers.end(), [](const Peer* peer) { return !peer->received().empty(); }));
}

HubOptions room_for_many(std::chrono::nanoseconds heartbeat = 15s) {
  HubOptions options;
  options.max_clients = 2 * kMany;
  options.heartbeat = heartbeat;
  return options;
}

TEST_CASE("A pass over many streams yields, and reaches each once", "[hub][pass]") {
  HubStage stage(room_for_many());
  const auto peers = open_many(stage);
  stage.publish("x");
  stage.loop().turn();
  const auto reached = count_reached(peers);
  CHECK(reached > 0);
  CHECK(reached < kMany);
  stage.settle();
  for (const auto* peer : peers) {
    REQUIRE(HubStage::events_of(peer->received()) == std::vector<std::string>{"x"});
  }
}

TEST_CASE("Streams that end in the middle of a pass take no other stream's turn", "[hub][pass]") {
  HubStage stage(room_for_many());
  const auto peers = open_many(stage);
  stage.publish("x");
  stage.loop().turn();
  // Of those that had their turn and of those that had not: the last of the list take their places.
  const auto ends = [](std::size_t i) { return i % 7 == 3 || i + 5 > kMany; };
  for (std::size_t i = 0; i < kMany; ++i) {
    if (ends(i)) peers[i]->reset();
  }
  auto& newcomer = stage.open();
  stage.settle();  // nothing more is published: no stream gets another turn
  for (std::size_t i = 0; i < kMany; ++i) {
    INFO(i);
    if (ends(i)) continue;
    REQUIRE(HubStage::events_of(peers[i]->received()) == std::vector<std::string>{"x"});
  }
  stage.publish("y");
  stage.settle();
  CHECK(HubStage::events_of(newcomer.received()) == std::vector<std::string>{"y"});
}

TEST_CASE("Streams that a pass has not reached are listed as behind", "[hub][pass]") {
  HubStage stage(room_for_many());
  const auto peers = open_many(stage);
  stage.publish("x");
  std::vector<ListedStream> listed;
  stage.hub->list_streams(kMany, [&listed](auto streams) { listed = std::move(streams); });
  for (int turns = 0; listed.empty() && turns < 100; ++turns) stage.loop().turn();
  const auto behind = static_cast<std::size_t>(std::count_if(
      listed.begin(), listed.end(), [](const auto& one) { return one.lag_events == 1; }));
  CHECK(listed.size() == kMany);
  CHECK(behind >= 100);  // the first of the list come before the pass
}

TEST_CASE("Streams that fell silent together have their heartbeats apart, and none late",
          "[hub][heartbeat]") {
  HubStage stage(room_for_many(16s));
  const auto peers = open_many(stage);
  stage.publish("x");
  stage.settle();
  for (auto* peer : peers) peer->take();
  stage.pass(11'500ms, 50ms);
  CHECK(count_reached(peers) == 0);
  std::size_t most = 0;
  for (std::size_t before = 0, second = 0; second < 6; ++second) {
    stage.pass(1s, 50ms);
    most = std::max(most, count_reached(peers) - before);
    before = count_reached(peers);
  }
  CHECK(count_reached(peers) == kMany);
  CHECK(most < kMany / 2);
}

TEST_CASE("A filtered stream gets what it wants, of few events and of many", "[hub][filter]") {
  HubStage stage;
  auto filter = Filter::make({}, {"mine"});
  REQUIRE(filter);
  auto& peer = stage.open(log::FromLatest{}, std::move(*filter));
  stage.settle();
  std::vector<std::string> wanted;
  for (const int burst : {1, 3, 8, 9, 100, 2}) {
    for (int i = 0; i < burst; ++i) {
      const std::string text = std::to_string(burst) + "/" + std::to_string(i);
      stage.publish(text, {}, i % 2 == 0 ? "mine" : "theirs");
      if (i % 2 == 0) wanted.push_back(text);
    }
    stage.settle();
    REQUIRE(HubStage::events_of(peer.received()) == wanted);
  }
}

TEST_CASE("A large batch is looked through in several turns, and no stream misses an event",
          "[hub][pass]") {
  constexpr int kEvents = 20'000;
  HubStage stage;
  auto filter = Filter::make({}, {"mine"});
  REQUIRE(filter);
  auto& filtered = stage.open(log::FromLatest{}, std::move(*filter));
  auto& whole = stage.open();
  stage.settle();
  std::vector<std::string> wanted;
  std::vector<std::string> all;
  for (int i = 0; i < kEvents; ++i) {
    const std::string text = std::to_string(i);
    const bool is_wanted = i % 1'000 == 999;
    stage.publish(text, {}, is_wanted ? "mine" : "theirs");
    all.push_back(text);
    if (is_wanted) wanted.push_back(text);
  }
  const auto has_all = [](const Peer& peer, const std::vector<std::string>& events) {
    return HubStage::events_of(peer.received()) == events;
  };
  std::size_t turns = 0;
  for (; !has_all(filtered, wanted); ++turns) {
    REQUIRE(turns < 100);
    stage.publish("more " + std::to_string(turns), {}, "theirs");  // what is new does not delay it
    all.push_back("more " + std::to_string(turns));
    stage.loop().turn();
  }
  CHECK(turns > 3);
  stage.settle();
  CHECK(has_all(whole, all));
  CHECK(has_all(filtered, wanted));
}

TEST_CASE("However many streams want every event by a filter, they get it", "[hub][pass]") {
  constexpr std::size_t kCrowd = 25'000;  // more than one turn marks
  HubOptions options;
  options.max_clients = kCrowd;
  HubStage stage(options);
  for (std::size_t i = 0; i < kCrowd; ++i) {
    stage.open(log::FromLatest{}, Filter::make({}, {"#"}).value()).keep_received(false);
  }
  stage.settle();
  const auto received = [&] {
    return std::count_if(stage.peers.begin(), stage.peers.end(),
                         [](const Peer& peer) { return peer.received_bytes() > 0; });
  };
  CHECK(received() == kCrowd);  // their greeting
  const std::size_t before = stage.peers.back().received_bytes();
  stage.publish("news");
  for (int turn = 0; turn < 1'000 && stage.peers.back().received_bytes() == before; ++turn) {
    stage.loop().turn();
  }
  stage.settle();
  CHECK(std::all_of(stage.peers.begin(), stage.peers.end(),
                    [&](const Peer& peer) { return peer.received_bytes() > before; }));
}

}  // namespace
}  // namespace sse::hub
