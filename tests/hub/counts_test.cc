// What the hub counts, and who is refused.

#include <cstdint>
#include <numeric>

#include "support/hub_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::HubStage;

std::unique_ptr<const Filter> topic(const std::string& pattern) {
  auto filter = Filter::make({}, {pattern});
  REQUIRE(filter);
  return std::move(filter).value();
}

TEST_CASE("An event counts as delivered once its last byte is with the socket", "[hub][counts]") {
  HubStage stage;
  stage.open();
  auto& slow = stage.open();
  stage.open(log::FromLatest{}, topic("wanted"));
  stage.settle();
  const auto before = stage.hub->counts();
  slow.set_room(30);
  stage.publish("one", {}, "wanted");
  stage.publish("two", {}, "other");
  stage.settle();
  CHECK(stage.hub->counts().deliveries - before.deliveries == 3);
  slow.set_room(test::kUnlimited);
  stage.settle();
  CHECK(stage.hub->counts().deliveries - before.deliveries == 5);
  CHECK(stage.hub->counts().opened == 3);
}

TEST_CASE("Positions that were asked for are counted as resumed, or by the reason of their gap",
          "[hub][counts]") {
  log::EventLog::Options options;
  options.retention.max_events = 2;
  HubStage stage({}, options);
  const auto first = stage.publish("1");
  for (const auto* text : {"2", "3", "4"}) stage.publish(text);
  stage.open();
  stage.open(log::FromEarliest{});
  stage.open(log::AfterId{wire::to_string(stage.event_log->view().head_id())});
  stage.open(log::AfterId{wire::to_string(first)});
  stage.open(log::AfterId{"nonsense"});
  stage.settle();
  const auto counts = stage.hub->counts();
  CHECK(counts.resumed == 2);
  CHECK(counts.gaps_for(log::GapReason::kExpired) == 1);
  CHECK(counts.gaps_for(log::GapReason::kUnknown) == 1);
  CHECK(counts.gaps_for(log::GapReason::kOtherStream) == 0);
  CHECK(counts.missed == 1);
}

TEST_CASE("Heartbeats are counted", "[hub][counts]") {
  HubStage stage;
  stage.open();
  stage.open();
  stage.pass(16s, 50ms);
  CHECK(stage.hub->counts().heartbeats == 2);
}

TEST_CASE("Each open stream's lag is observed once a second, of the quiet ones as nothing",
          "[hub][counts]") {
  HubStage stage;
  stage.open(log::FromLatest{}, topic("never"));
  auto& blocked = stage.open();
  stage.settle();
  blocked.set_room(0);
  stage.publish(std::string(3'000, 'x'));
  stage.settle();
  const auto before = stage.hub->counts().lag;
  stage.pass(5'200ms, 5ms);  // five rounds: a tick is 62.5 ms, and 65 in these steps
  const auto after = stage.hub->counts().lag;
  CHECK(after.buckets[0] - before.buckets[0] == 5);  // caught up, though its cursor stands
  CHECK(after.buckets[2] - before.buckets[2] == 5);  // of 1 KiB to 4 KiB
  CHECK(after.sum - before.sum >= 5 * 3'000);
  CHECK(after.sum - before.sum < 5 * 3'100);
}

TEST_CASE("A peer with all its streams is refused, and no stream is evicted for it",
          "[hub][per-peer]") {
  HubOptions options;
  options.max_clients = 3;
  options.max_per_peer = 2;
  HubStage stage(options);
  stage.address = "192.0.2.2";
  auto& other = stage.open();
  stage.address = "192.0.2.1";
  auto& first = stage.open();
  stage.open();
  CHECK(stage.refusal() == Refusal::kPeerFull);
  stage.address = "192.0.2.2";
  CHECK_FALSE(stage.refusal());
  stage.settle();
  CHECK_FALSE(other.saw_end());
  CHECK(stage.hub->stream_count() == 3);

  first.reset();
  stage.settle();
  stage.address = "192.0.2.1";
  CHECK_FALSE(stage.refusal());
  stage.open();
  CHECK(stage.hub->stream_count() == 3);
  CHECK(stage.refusal() == Refusal::kPeerFull);
}

TEST_CASE("Refusals are counted by their reason, and told to stay away for 10 to 30 s",
          "[hub][counts]") {
  HubOptions options;
  options.max_per_peer = 1;
  HubStage stage(options);
  stage.open();
  for (int i = 0; i < 100; ++i) {
    const auto admission = stage.hub->admit(peer_group(stage.address));
    const auto& refusal = std::get<StreamRefusal>(admission);
    CHECK(refusal.stay_away >= 10s);
    CHECK(refusal.stay_away <= 30s);
  }
  CHECK(stage.hub->counts().refused_for(Refusal::kPeerFull) == 100);
  CHECK(stage.hub->counts().refused_for(Refusal::kFull) == 0);
}

TEST_CASE("What the turns of the loops took is among the counts", "[hub][counts]") {
  HubStage stage;
  stage.settle();
  const auto counts = stage.hub->counts();
  const auto& buckets = counts.turn_times.buckets;
  CHECK(counts.turns > 0);
  CHECK(std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0}) == counts.turns);
  CHECK(counts.turn_times.longest.count() > 0);
}

}  // namespace
}  // namespace sse::hub
