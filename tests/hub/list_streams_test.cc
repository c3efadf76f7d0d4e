// The list of open streams, for operators.

#include <optional>

#include "support/hub_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::HubStage;

std::vector<ListedStream> list(HubStage& stage, std::size_t most = 1'000) {
  std::optional<std::vector<ListedStream>> listed;
  stage.hub->list_streams(most, [&](auto streams) { listed = std::move(streams); });
  stage.loop().turn();
  REQUIRE(listed);
  return *listed;
}

TEST_CASE("The newest streams are listed first, as many as were asked for", "[hub][list]") {
  HubStage stage;
  CHECK(list(stage).empty());
  for (int i = 0; i < 5; ++i) {
    stage.open();
    stage.pass(2s, 500ms);
  }
  const auto all = list(stage);
  REQUIRE(all.size() == 5);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].age == std::chrono::seconds(2 * (i + 1)));
    CHECK(all[i].patterns == 0);
  }
  CHECK(list(stage, 2).size() == 2);
  CHECK(list(stage, 2)[1].age == 4s);
  stage.peers.back().reset();
  stage.settle();
  CHECK(list(stage).front().age == 4s);
}

TEST_CASE("A long list is made in several turns, and leaves out what closes meanwhile",
          "[hub][list]") {
  HubStage stage;
  for (int i = 0; i < 250; ++i) stage.open();
  std::optional<std::vector<ListedStream>> listed;
  stage.hub->list_streams(1'000, [&](auto streams) { listed = std::move(streams); });
  stage.loop().turn();
  CHECK_FALSE(listed);
  stage.peers.front().reset();  // the oldest, which comes last
  for (int turns = 0; !listed && turns < 10; ++turns) stage.loop().turn();
  REQUIRE(listed);
  CHECK(listed->size() == 249);
}

constexpr std::size_t kHeadSize = 8;  // that of a HubStage's streams

TEST_CASE("A stream is listed with how far it is behind and what it was sent", "[hub][list]") {
  HubStage stage;
  auto& peer = stage.open();
  stage.settle();
  CHECK(list(stage)[0].bytes_sent == peer.received_bytes() - kHeadSize);
  peer.set_room(20);
  for (const auto* text : {"one", "two", "three"}) stage.publish(text);
  stage.settle();
  const auto behind = list(stage)[0];
  CHECK(behind.is_blocked);
  CHECK(behind.lag_events == 3);
  CHECK(behind.lag_bytes > 3 * 40);
  CHECK(behind.bytes_sent == peer.received_bytes() - kHeadSize);
  peer.set_room(test::kUnlimited);
  stage.settle();
  const auto caught_up = list(stage)[0];
  CHECK_FALSE(caught_up.is_blocked);
  CHECK(caught_up.lag_events == 0);
  CHECK(caught_up.lag_bytes == 0);
}

TEST_CASE("A filtered stream that nothing concerns is not behind", "[hub][list]") {
  HubStage stage;
  auto filter = Filter::make({}, {"never"});
  REQUIRE(filter);
  stage.open(log::FromLatest{}, std::move(*filter));
  stage.settle();
  stage.publish("1");
  stage.settle();
  CHECK(list(stage)[0].lag_events == 0);
  CHECK(list(stage)[0].topics == std::vector<std::string>{"never"});
}

TEST_CASE("Of a long filter the first patterns are listed, and how many there are", "[hub][list]") {
  HubStage stage;
  std::vector<std::string> topics;
  for (int i = 0; i < 60; ++i) topics.push_back("t" + std::to_string(i));
  auto filter = Filter::make({"a", "b"}, topics);
  REQUIRE(filter);
  stage.open(log::FromLatest{}, std::move(*filter));
  const auto listed = list(stage)[0];
  CHECK(listed.patterns == 62);
  CHECK(listed.types == std::vector<std::string>{"a", "b"});
  CHECK(listed.topics.size() == ListedStream::kMostPatterns - 2);
}

}  // namespace
}  // namespace sse::hub
