// How streams end: evicted, slow, drained, left by their peer.

#include <string>
#include <utility>
#include <vector>

#include "support/hub_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::HubStage;
using test::Peer;
using Texts = std::vector<std::string>;

bool was_told(const Peer& peer, const std::string& reason) {
  return peer.received().find("event: sse.closing\ndata: {\"reason\":\"" + reason + "\"") !=
         std::string::npos;
}

/// A stream whose socket took ten bytes and no more, with an event that waits.
Peer& open_blocked(HubStage& stage) {
  auto& peer = stage.open();
  stage.settle();
  peer.set_room(10);
  stage.publish("1");
  return peer;
}

TEST_CASE("When the hub is full the oldest stream is told to stay away", "[hub][evict]") {
  HubOptions options;
  options.max_clients = 3;
  HubStage stage(options);
  auto& oldest = stage.open();
  stage.open();
  stage.open();
  stage.settle();
  auto& newest = stage.open();
  stage.settle();
  CHECK(was_told(oldest, "evicted"));
  CHECK(oldest.saw_end());
  CHECK(oldest.received().find("\nretry: 30") != std::string::npos);
  CHECK_FALSE(newest.saw_end());
  CHECK(stage.hub->stream_count() == 3);
  CHECK(stage.hub->counts().closed_for(CloseReason::kEvicted) == 1);
}

TEST_CASE("A stream that is evicted before its first turn still gets its head and the reason",
          "[hub][evict]") {
  HubOptions options;
  options.max_clients = 1;
  HubStage stage(options);
  auto& evicted = stage.open();
  stage.open();
  stage.settle();
  CHECK(evicted.received().rfind("HEAD\r\n\r\nretry: ", 0) == 0);
  CHECK(was_told(evicted, "evicted"));
}

TEST_CASE("When the hub rejects, the newcomer is refused before anything is sent", "[hub][evict]") {
  HubOptions options;
  options.max_clients = 1;
  options.when_full = WhenFull::kReject;
  HubStage stage(options);
  stage.open();
  CHECK(stage.refusal() == Refusal::kFull);
  auto& late = stage.peers.emplace_back();
  CHECK_FALSE(stage.open_with(late));
  CHECK(late.writes() == 0);
}

TEST_CASE("A stream lingers until its peer has read the end, or for two seconds", "[hub][close]") {
  HubOptions options;
  options.max_clients = 1;
  HubStage stage(options);
  auto& polite = stage.open();
  stage.pass(10s, 20ms);  // however long it was quiet before
  auto& silent = stage.open();
  stage.settle();
  stage.open();
  stage.settle();
  CHECK(polite.saw_end());
  CHECK_FALSE(polite.is_closed());
  polite.finish();
  stage.settle();
  CHECK(polite.is_closed());
  CHECK_FALSE(silent.is_closed());
  stage.pass(4s, 20ms);
  CHECK(silent.is_closed());
}

TEST_CASE("A peer's FIN ends its stream, and its reset too", "[hub][close]") {
  HubStage stage;
  auto& finished = stage.open();
  auto& reset = stage.open();
  stage.settle();
  finished.finish();
  reset.reset();
  stage.settle();
  CHECK(finished.is_closed());
  CHECK(reset.is_closed());
  CHECK(stage.hub->stream_count() == 0);
  CHECK(stage.hub->counts().closed_for(CloseReason::kPeer) == 2);
}

TEST_CASE("What a peer sends on a stream is ignored", "[hub][close]") {
  HubStage stage;
  auto& peer = stage.open();
  stage.settle();
  peer.send(std::string(1 << 20, 'x'));
  stage.settle();
  stage.publish("1");
  stage.settle();
  CHECK(HubStage::events_of(peer.received()) == Texts{"1"});
}

TEST_CASE("A socket that takes nothing for the time allowed is slow", "[hub][slow]") {
  HubOptions options;
  options.slow_after = 30s;
  HubStage stage(options);
  auto& peer = stage.open();
  auto& other = stage.open();
  stage.settle();
  stage.pass(60s, 100ms);  // idle is not slow
  peer.set_room(10);
  stage.publish("1");
  stage.pass(29s, 100ms);
  CHECK_FALSE(peer.is_closed());
  stage.pass(3s, 100ms);
  CHECK(peer.is_closed());
  CHECK_FALSE(was_told(peer, "slow"));  // in the middle of an event nothing can be said
  CHECK(HubStage::events_of(other.received()) == Texts{"1"});
  CHECK(stage.hub->counts().closed_for(CloseReason::kSlow) == 1);
}

TEST_CASE("A socket that takes a little now and then is not slow", "[hub][slow]") {
  HubOptions options;
  options.slow_after = 10s;
  HubStage stage(options);
  auto& peer = stage.open();
  stage.settle();
  peer.set_room(10);
  stage.publish(std::string(100, 'x'));
  for (int i = 0; i < 10; ++i) {
    stage.pass(8s, 100ms);
    peer.set_room(2);
  }
  CHECK_FALSE(peer.is_closed());
}

TEST_CASE("Far behind while blocked is slow, but not during the first replay", "[hub][slow]") {
  HubOptions options;
  options.max_lag = 100'000;
  HubStage stage(options);
  for (int i = 0; i < 30; ++i) stage.publish(std::string(10'000, 'x'));
  auto& replaying = stage.peers.emplace_back();
  replaying.set_room(1'000);
  stage.open_with(replaying, log::FromEarliest{});
  auto& live = stage.open();
  stage.settle();
  live.set_room(1'000);
  for (int i = 0; i < 30; ++i) stage.publish(std::string(10'000, 'x'));
  stage.pass(3s, 20ms);
  CHECK_FALSE(replaying.is_closed());
  CHECK(live.is_closed());
}

TEST_CASE("What an idle filtered stream did not want makes it neither slow nor gone at the drain",
          "[hub][slow]") {
  HubOptions options;
  options.heartbeat = 0s;
  log::EventLog::Options log_options;
  log_options.retention.max_bytes = 1U << 20U;
  HubStage stage(options, log_options);
  auto filter = Filter::make({}, {"mine"});
  REQUIRE(filter);
  auto& peer = stage.open(log::FromLatest{}, std::move(filter).value());
  stage.settle();
  for (int i = 0; i < 400; ++i) {
    stage.publish(std::string(10'000, 'x'), {}, "theirs");
    if (i % 20 == 0) stage.settle();
  }
  stage.settle();
  peer.send("input that is not read");
  stage.settle();
  CHECK_FALSE(peer.saw_end());
  stage.hub->drain(5s, [] {});
  stage.settle();
  CHECK(was_told(peer, "shutdown"));
}

TEST_CASE("A FIN behind a flood of input ends the stream, and so does one before its first turn",
          "[hub][close]") {
  HubStage stage;
  auto& flooding = stage.open();
  stage.settle();
  flooding.send(std::string(640'000, 'x'));
  flooding.finish();
  auto& early = stage.peers.emplace_back();
  early.finish();
  stage.open_with(early);
  stage.settle();
  CHECK(flooding.is_closed());
  CHECK(early.is_closed());
  CHECK(stage.hub->stream_count() == 0);
}

TEST_CASE("No stream is slow because the hub was busy", "[hub][slow]") {
  HubOptions options;
  options.max_lag = 100'000;
  options.slow_after = 10s;
  HubStage stage(options);
  auto& peer = stage.open();
  stage.settle();
  for (int i = 0; i < 300; ++i) stage.publish(std::string(10'000, 'x'));
  stage.clock.advance(60s);  // the hub did not get round to anything meanwhile
  stage.settle();
  CHECK(HubStage::events_of(peer.received()).size() == 300);
  CHECK_FALSE(peer.saw_end());
}

TEST_CASE("No stream is slow because the hub stood still", "[hub][slow]") {
  HubOptions options;
  options.slow_after = 10s;
  HubStage stage(options);
  auto& peer = open_blocked(stage);
  stage.pass(1s, 100ms);
  stage.clock.advance(60s);  // a suspended machine: what the peer took meanwhile is not known yet
  stage.pass(9s, 100ms);
  CHECK_FALSE(peer.is_closed());
  stage.pass(3s, 100ms);
  CHECK(peer.is_closed());
}

TEST_CASE("A blocked subscriber that the log has left behind is closed without another byte",
          "[hub][slow]") {
  log::EventLog::Options log_options;
  log_options.retention.max_bytes = 1U << 20U;
  HubStage stage({}, log_options);
  auto& peer = stage.open();
  stage.settle();
  peer.set_room(20);
  for (int i = 0; i < 400; ++i) stage.publish(std::string(10'000, 'x'));
  stage.settle();
  const auto received = peer.received().size();
  peer.set_room(test::kUnlimited);
  stage.settle();
  CHECK(peer.is_closed());
  CHECK(peer.received().size() == received);
  CHECK(stage.hub->counts().closed_for(CloseReason::kSlow) == 1);
}

TEST_CASE("A blocked subscriber is left behind from the first event on that the log has let go",
          "[hub][slow]") {
  log::EventLog::Options log_options;
  log_options.retention.max_bytes = 1U << 20U;
  HubStage stage({}, log_options);
  std::vector<std::pair<test::Peer*, wire::Sequence>> blocked;  // with its next event
  for (int i = 0; i < 400; ++i) {
    auto& peer = stage.open();
    stage.settle();
    peer.take();
    peer.set_room(0);
    blocked.emplace_back(&peer, stage.event_log->head() + 1);
    stage.publish(std::string(10'000, 'x'));
    stage.settle();
  }
  const auto first_held = stage.event_log->view().first_held();
  REQUIRE(first_held > 10);
  REQUIRE(first_held < 390);
  for (auto& [peer, next] : blocked) {
    CAPTURE(next, first_held);
    peer->set_room(test::kUnlimited);
    stage.settle();
    const bool was_fed = peer->take().find("data: xxx") != std::string::npos;
    CHECK(was_fed == (next >= first_held));
  }
  CHECK(stage.hub->counts().closed_for(CloseReason::kSlow) == first_held - 1);
}

TEST_CASE("Draining feeds each stream to the end, says so, and is done when they are gone",
          "[hub][drain]") {
  HubStage stage;
  auto& idle = stage.open();
  stage.settle();
  auto& behind = stage.peers.emplace_back();
  behind.set_room(10);
  stage.open_with(behind, log::FromEarliest{});
  stage.publish("last");
  bool done = false;
  stage.hub->drain(5s, [&] { done = true; });
  CHECK(stage.refusal() == Refusal::kDraining);
  CHECK_FALSE(stage.hub->publisher().publish({{}, {}, "too late"}));
  stage.settle();
  CHECK(was_told(idle, "shutdown"));
  CHECK_FALSE(was_told(behind, "shutdown"));
  behind.set_room(test::kUnlimited);
  stage.settle();
  CHECK(was_told(behind, "shutdown"));
  CHECK(HubStage::events_of(behind.received()) == Texts{"last", "[sse.closing]"});
  CHECK_FALSE(done);
  idle.finish();
  behind.finish();
  stage.settle();
  CHECK(done);
}

TEST_CASE("Draining cuts at its limit a stream that takes nothing", "[hub][drain]") {
  HubStage stage;
  auto& stuck = stage.peers.emplace_back();
  stuck.set_room(10);
  stage.open_with(stuck);
  bool done = false;
  stage.hub->drain(5s, [&] { done = true; });
  stage.pass(4900ms, 20ms);
  CHECK_FALSE(done);
  stage.pass(200ms, 20ms);
  CHECK(done);
  CHECK(stuck.is_closed());
}

TEST_CASE("Draining without a stream is done at once", "[hub][drain]") {
  HubStage stage;
  bool done = false;
  stage.hub->drain(5s, [&] { done = true; });
  stage.settle();
  CHECK(done);
}

TEST_CASE("Many streams that end while a pass feeds them are each closed once", "[hub][close]") {
  HubStage stage;
  for (int i = 0; i < 1'000; ++i) stage.open();
  stage.settle();
  for (int round = 0; round < 10; ++round) {
    stage.publish("x");
    stage.loop().turn();  // one slice of the pass
    for (std::size_t i = static_cast<std::size_t>(round); i < 1'000; i += 20) {
      if (i % 3 == 0) stage.peers[i].finish();
      if (i % 3 == 1) stage.peers[i].reset();
    }
  }
  stage.settle();
  std::size_t open = 0;
  for (const auto& peer : stage.peers) {
    if (peer.is_closed()) continue;
    ++open;
    CHECK(HubStage::events_of(peer.received()).size() == 10);
  }
  CHECK(open == stage.hub->stream_count());
  CHECK(open + stage.hub->counts().closed_for(CloseReason::kPeer) == 1'000);
}

TEST_CASE("A peer that sends without end, and reads nothing, is slow as any other", "[hub][slow]") {
  HubOptions options;
  options.slow_after = 10s;
  HubStage stage(options);
  auto& peer = open_blocked(stage);
  for (int i = 0; i < 130 && !peer.is_closed(); ++i) {
    peer.send(std::string(200'000, 'x'));
    stage.clock.advance(100ms);
    stage.loop().turn();
  }
  CHECK(peer.is_closed());
  CHECK(stage.hub->counts().closed_for(CloseReason::kSlow) == 1);
}

}  // namespace
}  // namespace sse::hub
