// Streams whose sockets take more than there is room for, as those of TLS do.

#include <string>
#include <string_view>
#include <vector>

#include "support/hub_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::HubStage;
using test::Peer;
using Texts = std::vector<std::string>;

constexpr std::string_view kLastChunk = "\r\n0\r\n\r\n";

/// A stage where ten seconds without room are slow.
HubOptions options() {
  HubOptions options;
  options.slow_after = 10s;
  options.heartbeat = 0s;
  return options;
}

/// A stream that was sent the event "1", of which `room` bytes have left.
Peer& open_with_rest(HubStage& stage, std::size_t room) {
  stage.keeps = true;
  stage.form = http::StreamForm::kChunked;
  auto& peer = stage.open();
  stage.settle();
  peer.set_room(room);
  stage.publish("1");
  stage.settle();
  return peer;
}

TEST_CASE("A half-closed stream ends when what it was sent has left", "[hub][unsent]") {
  HubStage stage(options());
  auto& peer = open_with_rest(stage, 10);
  peer.finish();
  stage.settle();
  CHECK_FALSE(peer.is_closed());
  peer.set_room(test::kUnlimited);
  stage.settle();
  CHECK(HubStage::events_of(peer.received()) == Texts{"1"});
  CHECK(peer.received().ends_with(kLastChunk));
  CHECK(peer.is_closed());
}

TEST_CASE("The end of a stream is not destroyed before it has left", "[hub][unsent]") {
  for (std::size_t room = 0; room < 5; ++room) {
    CAPTURE(room);
    HubStage stage(options());
    auto& peer = open_with_rest(stage, test::kUnlimited);
    peer.set_room(room);  // of the last chunk
    peer.finish();
    stage.settle();
    CHECK_FALSE(peer.is_closed());
    peer.set_room(test::kUnlimited);
    stage.settle();
    CHECK(peer.received().ends_with(kLastChunk));
    CHECK(peer.is_closed());
  }
}

TEST_CASE("A stream whose last event does not leave is slow", "[hub][unsent]") {
  HubStage stage(options());
  auto& peer = open_with_rest(stage, 10);
  stage.pass(8s, 100ms);
  CHECK_FALSE(peer.is_closed());
  stage.pass(4s, 100ms);
  CHECK(peer.is_closed());
  CHECK(stage.hub->counts().closed_for(CloseReason::kSlow) == 1);
}

TEST_CASE("A stream goes on where it was when what it was sent has left", "[hub][unsent]") {
  for (std::size_t room = 0; room < 40; ++room) {
    CAPTURE(room);
    HubStage stage(options());
    auto& peer = open_with_rest(stage, room);
    stage.publish("2");
    stage.settle();
    peer.set_room(test::kUnlimited);
    stage.settle();
    stage.publish("3");
    stage.settle();
    CHECK(HubStage::events_of(peer.received()) == Texts{"1", "2", "3"});
    CHECK(stage.hub->counts().deliveries == 3);
  }
}

TEST_CASE("A drain waits for what has not left, and says goodbye behind it", "[hub][unsent]") {
  HubStage stage(options());
  auto& peer = open_with_rest(stage, 10);
  bool is_done = false;
  stage.hub->drain(60s, [&] { is_done = true; });
  stage.pass(5s, 100ms);
  CHECK_FALSE(peer.is_closed());
  CHECK_FALSE(is_done);
  peer.set_room(test::kUnlimited);
  stage.settle();
  CHECK(HubStage::events_of(peer.received()) == Texts{"1", "[sse.closing]"});
  CHECK(peer.received().ends_with(kLastChunk));
  peer.finish();
  stage.settle();
  CHECK(is_done);
}

TEST_CASE("A goodbye that has not left is waited for, as long as a slow stream is",
          "[hub][unsent]") {
  for (const bool takes_it : {true, false}) {
    CAPTURE(takes_it);
    HubOptions with = options();
    with.max_clients = 1;
    HubStage stage(with);
    auto& evicted = open_with_rest(stage, test::kUnlimited);
    evicted.set_room(10);
    stage.open();
    stage.settle();
    stage.pass(5s, 100ms);
    CHECK_FALSE(evicted.is_closed());
    if (takes_it) {
      evicted.set_room(test::kUnlimited);
      stage.settle();
      CHECK(HubStage::events_of(evicted.received()) == Texts{"1", "[sse.closing]"});
      CHECK(evicted.received().ends_with(kLastChunk));
      evicted.finish();
      stage.settle();
    } else {
      stage.pass(7s, 100ms);
    }
    CHECK(evicted.is_closed());
  }
}

TEST_CASE("A stream that is closed with something unsent is not whole, and loses none of it",
          "[hub][unsent]") {
  HubOptions with = options();
  with.max_clients = 1;
  HubStage stage(with);
  auto& evicted = open_with_rest(stage, 10);
  stage.open();
  stage.settle();
  CHECK_FALSE(evicted.is_closed());
  evicted.set_room(test::kUnlimited);
  stage.settle();
  CHECK(HubStage::events_of(evicted.received()) == Texts{"1"});
  CHECK_FALSE(evicted.received().ends_with(kLastChunk));
  CHECK(evicted.is_closed());
}

}  // namespace
}  // namespace sse::hub
