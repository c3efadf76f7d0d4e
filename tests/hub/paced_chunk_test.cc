// Conflated streams in chunks: what a chunk was begun with may never be sent.

#include <string>

#include "hub/paced_stage.h"
#include "support/chunked.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::HubStage;
using Texts = std::vector<std::string>;

constexpr int kPairs = 26;

std::string topic_of(int pair) {
  return {static_cast<char>('a' + pair)};
}

/// The peer stops in the first of many long events of one chunk, and they are all superseded by
/// short ones before it goes on. What it has then.
std::string read_past_a_superseded_chunk(PacedStage& stage, test::Peer& peer) {
  stage.settle();
  test::ChunkReader reader;
  std::string text;
  const auto received = peer.take();
  const auto head_end = received.find("\r\n\r\n");
  REQUIRE(reader.take(std::string_view(received).substr(head_end + 4), text));
  for (int pair = 1; pair < kPairs; ++pair) stage.publish("new", {}, topic_of(pair));
  stage.next_slot();
  peer.set_room(test::kUnlimited);
  stage.next_slot();
  stage.next_slot();
  REQUIRE(reader.take(peer.take(), text));
  CHECK(reader.is_between_chunks());
  return text;
}

Texts expected() {
  Texts texts{std::string(500, 'x')};
  texts.resize(kPairs, "new");
  return texts;
}

TEST_CASE("A paced stream leaves no chunk open when it rests", "[hub][paced][framing]") {
  for (const auto ids : {Ids::kAll, Ids::kEvents}) {
    CAPTURE(ids == Ids::kAll);
    PacedStage stage;
    stage.form = http::StreamForm::kChunked;
    stage.ids = ids;
    auto& peer = stage.open();
    stage.settle();
    peer.set_room(100);
    for (int pair = 0; pair < kPairs; ++pair) {
      stage.publish(std::string(500, 'x'), {}, topic_of(pair));
    }
    stage.next_slot();
    CHECK(HubStage::events_of(read_past_a_superseded_chunk(stage, peer)) == expected());
  }
}

TEST_CASE("A stream that starts with the newest of each pair leaves no chunk open",
          "[hub][each][framing]") {
  for (const auto ids : {Ids::kAll, Ids::kEvents}) {
    for (const bool is_filtered : {false, true}) {
      CAPTURE(ids == Ids::kAll, is_filtered);
      PacedStage stage;
      stage.every = 0ns;
      stage.form = http::StreamForm::kChunked;
      stage.ids = ids;
      for (int pair = 0; pair < kPairs; ++pair) {
        stage.publish(std::string(500, 'x'), {}, topic_of(pair));
      }
      auto& peer = stage.peers.emplace_back();
      peer.set_room(300);
      REQUIRE(
          stage.open_with(peer, log::NewestOfEach{}, is_filtered ? filter_of({}, {"+"}) : nullptr));
      CHECK(HubStage::events_of(read_past_a_superseded_chunk(stage, peer)) == expected());
    }
  }
}

}  // namespace
}  // namespace sse::hub
