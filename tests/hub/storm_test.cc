// Many streams come back at once, each with a long replay: others do not wait for them.

#include <algorithm>
#include <chrono>
#include <utility>

#include "support/hub_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::HubStage;
using test::Peer;

// Eight shares of a turn for each that replays all of it.
constexpr std::size_t kEvents = 2'000;
constexpr std::size_t kEventSize = 1'000;
constexpr std::size_t kReconnecting = 400;

struct Storm {
  Storm() {
    live = &stage.open();
    for (std::size_t i = 0; i < kEvents; ++i) stage.publish(std::string(kEventSize, 'x'));
    stage.settle();
    live->take();
    for (std::size_t i = 0; i < kReconnecting; ++i) {
      Peer& peer = stage.peers.emplace_back();
      peer.keep_received(false);
      REQUIRE(stage.open_with(peer, log::FromEarliest{}));
      reconnecting.push_back(&peer);
    }
  }

  std::size_t received() const {
    std::size_t sum = 0;
    for (const auto* peer : reconnecting) sum += peer->received_bytes();
    return sum;
  }

  HubStage stage;
  Peer* live = nullptr;
  std::vector<Peer*> reconnecting;
};

TEST_CASE("A live stream has each event in the turn after it, in the midst of a storm",
          "[hub][storm]") {
  Storm storm;
  for (int i = 0; i < 50; ++i) {
    const std::string text = "event " + std::to_string(i);
    storm.stage.publish(text);
    storm.stage.loop().turn();
    CHECK(HubStage::events_of(storm.live->take()) == std::vector<std::string>{text});
  }
  CHECK(storm.received() < kReconnecting * kEvents * kEventSize);  // it is not over yet
}

TEST_CASE("A live stream has each event in the turn after it, however many leave at once",
          "[hub][storm]") {
  constexpr std::size_t kLeaving = 2'000;
  HubOptions options;
  options.max_clients = kLeaving + 1;
  HubStage stage(options);
  for (std::size_t i = 0; i < kLeaving; ++i) stage.open();
  Peer& live = stage.open(log::FromLatest{}, test::filter_of({}, {"live"}));
  stage.settle();
  live.take();
  for (std::size_t i = 0; i < kLeaving; ++i) stage.peers[i].finish();
  stage.loop().turn();
  for (int i = 0; i < 50; ++i) {
    const std::string text = "event " + std::to_string(i);
    stage.publish(text, {}, "live");
    stage.loop().turn();
    CHECK(HubStage::events_of(live.take()) == std::vector<std::string>{text});
  }
  CHECK(stage.hub->stream_count() > 1);  // it is not over yet
  stage.settle();
  CHECK(stage.hub->stream_count() == 1);
}

TEST_CASE("Those that leave make room in each turn, and those that come back do not wait for them",
          "[hub][storm]") {
  constexpr std::size_t kLeaving = 2'000;
  constexpr std::size_t kLeastPerTurn = 15;
  Storm storm;
  HubStage& stage = storm.stage;
  std::vector<Peer*> leaving;
  for (std::size_t i = 0; i < kLeaving; ++i) leaving.push_back(&stage.open());
  for (std::size_t i = 0; i < kReconnecting; ++i) stage.loop().turn();  // all have begun
  for (auto* peer : leaving) peer->finish();
  stage.loop().turn();
  Peer& back = stage.open(log::FromEarliest{});
  for (std::size_t turn = 0; turn <= kReconnecting; ++turn) {
    const auto before = stage.hub->stream_count();
    stage.publish("now");
    stage.loop().turn();
    if (turn < 50) CHECK(before - stage.hub->stream_count() >= kLeastPerTurn);
  }
  CHECK(back.received_bytes() > 0);
}

TEST_CASE("What is published while streams catch up comes before the next of them",
          "[hub][storm]") {
  Storm storm;
  storm.stage.clock.advance(2s);  // long after the last event
  const auto written = [&] {
    return std::count_if(storm.reconnecting.begin(), storm.reconnecting.end(),
                         [](const Peer* peer) { return peer->received_bytes() > 0; });
  };
  storm.stage.loop().turn();
  storm.live->take();
  REQUIRE(written() > 1);  // a turn is enough for several
  const auto before = written();
  Peer& next = *storm.reconnecting[static_cast<std::size_t>(before)];
  REQUIRE(next.received_bytes() == 0);
  bool is_published = false;
  next.on_write([&] {
    if (!std::exchange(is_published, true)) storm.stage.publish("now");
  });
  storm.stage.loop().turn();
  CHECK(next.received_bytes() > 0);
  CHECK(written() == before + 1);
  CHECK(HubStage::events_of(storm.live->take()).empty());
  storm.stage.loop().turn();
  CHECK(HubStage::events_of(storm.live->take()) == std::vector<std::string>{"now"});
}

TEST_CASE("While events come, a turn gives all that catch up together one small write",
          "[hub][storm]") {
  constexpr std::size_t kSmall = std::size_t{64} << 10U;
  Storm storm;
  const auto received_in_turn = [&] {
    const auto before = storm.received();
    storm.stage.loop().turn();
    return storm.received() - before;
  };
  storm.stage.publish("now");
  CHECK(received_in_turn() <= kSmall + kEventSize + 200);
  CHECK(received_in_turn() <= kSmall + kEventSize + 200);
  CHECK(received_in_turn() > kSmall / 2);
  storm.stage.clock.advance(2s);
  CHECK(received_in_turn() > 4 * kSmall);
}

TEST_CASE("No turn of a storm is long: a POST is served in between", "[hub][storm]") {
  constexpr std::size_t kMostPerTurn = std::size_t{2} << 20U;
  Storm storm;
  std::size_t turns = 0;
  for (std::size_t before = 0;; before = storm.received(), ++turns) {
    storm.stage.loop().turn();
    CHECK(storm.received() - before <= kMostPerTurn);
    if (storm.received() == before) break;
  }
  CHECK(turns >= kReconnecting * kEvents * kEventSize / kMostPerTurn);
  // In turn, too: all are complete, and with the id-only block that ends a replay.
  for (const auto* peer : storm.reconnecting) {
    CHECK(peer->received_bytes() == storm.reconnecting.front()->received_bytes());
    CHECK(peer->received_bytes() > kEvents * kEventSize);
  }
}

TEST_CASE("Those that reconnect get their first bytes in turn, not after another's replay",
          "[hub][storm]") {
  Storm storm;
  for (std::size_t turn = 0; turn < kReconnecting; ++turn) storm.stage.loop().turn();
  for (const auto* peer : storm.reconnecting) CHECK(peer->received_bytes() > 0);
  CHECK(storm.received() < kReconnecting * kEvents * kEventSize);
}

TEST_CASE("A stream may end while it is waiting to catch up", "[hub][storm]") {
  Storm storm;
  for (std::size_t i = 0; i < kReconnecting; i += 2) storm.reconnecting[i]->reset();
  storm.stage.settle();
  CHECK(storm.stage.hub->stream_count() == 1 + kReconnecting / 2);
  CHECK(storm.reconnecting[0]->is_closed());
  CHECK(storm.reconnecting[1]->received_bytes() > kEvents * kEventSize);
}

}  // namespace
}  // namespace sse::hub
