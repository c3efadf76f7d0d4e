// Very many streams that end at once.

#include <algorithm>
#include <cstddef>

#include "support/hub_stage.h"
#include "support/late_journal.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::HubStage;
using test::LateJournal;
using test::Peer;

/// The most streams that one turn ends, until none is left to end. Each is told, or cut.
std::size_t most_ended_per_turn(HubStage& stage) {
  const auto ended = [&] {
    return static_cast<std::size_t>(
        std::count_if(stage.peers.begin(), stage.peers.end(),
                      [](const Peer& peer) { return peer.saw_end() || peer.is_closed(); }));
  };
  std::size_t most = 0;
  for (int quiet = 0; quiet < 4;) {
    const auto before = ended();
    stage.loop().turn();
    most = std::max(most, ended() - before);
    quiet = ended() == before ? quiet + 1 : 0;
  }
  return most;
}

std::unique_ptr<log::Journal> make_late_journal(const log::MemoryJournal::Options& options,
                                                const Clock& clock) {
  return std::make_unique<LateJournal>(options, clock);
}

TEST_CASE("However many streams end at once, a turn closes some, and all are counted",
          "[hub][close]") {
  constexpr std::size_t kStreams = 2'000;
  // 20 are said goodbye, 80 are closed by a pass (a drain) or 20 beside it, and 20 are destroyed.
  constexpr std::size_t kMostPerTurn = 120;
  HubOptions options;
  options.max_clients = kStreams;
  HubStage stage(options, {}, make_late_journal);
  for (std::size_t i = 0; i < kStreams; ++i) stage.open();
  stage.settle();
  SECTION("they break") {
    for (auto& peer : stage.peers) peer.reset();
    CHECK(most_ended_per_turn(stage) <= kMostPerTurn);
    CHECK(stage.hub->counts().closed_for(CloseReason::kPeer) == kStreams);
  }
  SECTION("they hang up") {
    for (auto& peer : stage.peers) peer.finish();
    CHECK(most_ended_per_turn(stage) <= kMostPerTurn);
    CHECK(stage.hub->counts().closed_for(CloseReason::kPeer) == kStreams);
  }
  SECTION("they are evicted") {
    for (std::size_t i = 0; i < kStreams; ++i) stage.open();
    CHECK(most_ended_per_turn(stage) <= kMostPerTurn);
    CHECK(stage.hub->counts().closed_for(CloseReason::kEvicted) == kStreams);
    CHECK(stage.hub->stream_count() == kStreams);
    return;
  }
  SECTION("the log is reset") {
    stage.hub->publisher().publish({"", "", "x"}, [](Result<wire::EventId>) {});
    auto& journal = static_cast<LateJournal&>(*stage.journal);
    journal.commit_all();
    journal.restart(stage.event_log->view().head_id(), test::kEpoch + 1, "test");
    CHECK(most_ended_per_turn(stage) <= kMostPerTurn);
    CHECK(stage.hub->counts().closed_for(CloseReason::kReset) == kStreams);
    for (const auto& peer : stage.peers)
      CHECK(peer.received().find("data: x") == std::string::npos);
  }
  SECTION("the hub drains") {
    stage.hub->drain(5s, [] {});
    CHECK(most_ended_per_turn(stage) <= kMostPerTurn);
    CHECK(stage.hub->counts().closed_for(CloseReason::kShutdown) == kStreams);
  }
  CHECK(stage.hub->stream_count() == 0);
  for (const auto& peer : stage.peers) CHECK(peer.saw_end());
}

}  // namespace
}  // namespace sse::hub
