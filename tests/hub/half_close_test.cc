// A subscriber that sends FIN and still reads.

#include <string>
#include <string_view>
#include <vector>

#include "support/hub_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::HubStage;
using Texts = std::vector<std::string>;

TEST_CASE("A subscriber that half-closes gets what it asked for, and then the end",
          "[hub][half-close]") {
  HubStage stage;
  for (int i = 0; i < 600; ++i) stage.publish(std::string(10'000, 'x'));
  auto& replaying = stage.peers.emplace_back();
  replaying.finish();  // with the request, as `printf ... | nc -N` does
  stage.open_with(replaying, log::FromEarliest{});
  auto& from_now = stage.peers.emplace_back();
  from_now.finish();
  stage.open_with(from_now);
  stage.settle();
  CHECK(HubStage::events_of(replaying.received()).size() == 600);
  CHECK(from_now.received().rfind("HEAD\r\n\r\nretry: ", 0) == 0);
  for (const auto* peer : {&replaying, &from_now}) {
    CHECK(peer->received().find("sse.closing") == std::string::npos);
    CHECK(peer->is_closed());
  }
  CHECK(stage.hub->stream_count() == 0);
  CHECK(stage.hub->counts().closed_for(CloseReason::kPeer) == 2);
}

TEST_CASE("The end of a half-closed stream is whole", "[hub][half-close]") {
  HubStage stage;
  stage.form = http::StreamForm::kChunked;
  stage.publish("1");
  auto& peer = stage.peers.emplace_back();
  peer.set_room(100);
  stage.open_with(peer, log::FromEarliest{});
  stage.settle();
  peer.finish();
  stage.settle();
  CHECK_FALSE(peer.is_closed());  // it is behind: its socket has no room yet
  stage.publish("2");
  peer.set_room(test::kUnlimited);
  stage.settle();
  CHECK(HubStage::events_of(peer.received()) == Texts{"1", "2"});
  const std::string_view last_chunk = "\r\n0\r\n\r\n";
  CHECK(peer.received().substr(peer.received().size() - last_chunk.size()) == last_chunk);
  CHECK(peer.is_closed());
}

TEST_CASE("A half-closed stream that takes nothing is slow, and one that breaks is closed at once",
          "[hub][half-close]") {
  HubOptions options;
  options.slow_after = 10s;
  HubStage stage(options);
  for (int i = 0; i < 2; ++i) {
    auto& peer = stage.peers.emplace_back();
    peer.set_room(20);
    peer.finish();
    stage.open_with(peer);
  }
  stage.settle();
  stage.peers[1].reset();
  stage.settle();
  CHECK(stage.peers[1].is_closed());
  CHECK_FALSE(stage.peers[0].is_closed());
  stage.pass(12s, 100ms);
  CHECK(stage.peers[0].is_closed());
  CHECK(stage.hub->counts().closed_for(CloseReason::kSlow) == 1);
}

}  // namespace
}  // namespace sse::hub
