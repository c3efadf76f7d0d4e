// The log is restarted: streams of before are closed, and none has a gap that it is not told.

#include "support/hub_stage.h"
#include "support/late_journal.h"

namespace sse::hub {
namespace {

using test::HubStage;
using test::LateJournal;
using Events = std::vector<std::string>;

struct Stage : HubStage {
  Stage()
      : HubStage({}, {}, [](const log::MemoryJournal::Options& options, const Clock& of_stage) {
          return std::make_unique<LateJournal>(options, of_stage);
        }) {}

  LateJournal& late() { return static_cast<LateJournal&>(*journal); }

  void add(const std::string& text, const std::string& topic = {}) {
    hub->publisher().publish({"", topic, text}, [](Result<wire::EventId>) {});
    late().commit_all();
  }
  wire::EventId id(wire::Sequence sequence) { return event_log->view().event(sequence).id; }
};

std::unique_ptr<const Filter> only(const std::string& topic) {
  return Filter::make({}, {topic}).value();
}

TEST_CASE("A log that is cut and refilled past its old head between two turns resets every stream",
          "[hub][reset]") {
  Stage stage;
  for (const char* text : {"1", "2", "3"}) stage.add(text, "a");
  auto& whole = stage.open(log::FromEarliest{});
  auto& filtered = stage.open(log::FromEarliest{}, only("a"));
  auto& idle = stage.open(log::FromLatest{}, only("b"));
  stage.settle();
  REQUIRE(HubStage::events_of(whole.received()) == Events{"1", "2", "3"});

  // No turn in between: the head only ever seems to grow.
  stage.late().restart(stage.id(1), test::kEpoch + 1, "test");
  for (const char* text : {"2'", "3'", "4'", "5'"}) stage.add(text, "a");
  stage.settle();

  for (auto* peer : {&whole, &filtered, &idle}) {
    CHECK(peer->saw_end());
    CHECK(HubStage::events_of(peer->received()).back() == "[sse.closing]");
    CHECK(peer->received().find(R"({"reason":"reset")") != std::string::npos);
    CHECK(peer->received().find("4'") == std::string::npos);
  }
  CHECK(stage.hub->counts().closed_for(CloseReason::kReset) == 3);
  CHECK(stage.hub->stream_count() == 0);

  // One that comes back is told that its position is not known; one from before the cut goes on.
  auto& lost = stage.open(
      log::AfterId{to_string(wire::EventId::make(stage.id(3).unix_time(), test::kEpoch, 3))});
  auto& exact = stage.open(log::AfterId{to_string(stage.id(1))});
  stage.settle();
  CHECK(HubStage::events_of(lost.received()) == Events{"[sse.gap]", "1", "2'", "3'", "4'", "5'"});
  CHECK(HubStage::events_of(exact.received()) == Events{"2'", "3'", "4'", "5'"});
}

TEST_CASE("A stream that was located before the restart, and opened after it, is reset, too",
          "[hub][reset]") {
  Stage stage;
  for (const char* text : {"1", "2"}) stage.add(text);
  const log::View before = stage.event_log->view();
  auto& other = stage.open();
  stage.settle();
  stage.late().restart(stage.id(1), test::kEpoch + 1, "test");
  stage.add("2'");
  stage.settle();
  REQUIRE(other.saw_end());

  auto& peer = stage.peers.emplace_back();
  REQUIRE(stage.open_at(peer, before, log::FromLatest{}));
  stage.settle();
  CHECK(HubStage::events_of(peer.received()) == Events{"[sse.closing]"});
  CHECK(peer.saw_end());
}

TEST_CASE("A stream inside an event when the log is cut is closed without another byte",
          "[hub][reset]") {
  Stage stage;
  auto& peer = stage.open();
  stage.settle();
  peer.set_room(20);
  stage.add("an event that does not fit");
  stage.settle();
  const auto before = peer.received();
  stage.late().restart(wire::EventId::make({}, test::kEpoch + 1, 0), test::kEpoch + 1, "test");
  stage.add("another");
  peer.set_room(100'000);
  stage.settle();
  CHECK(peer.received() == before);
  CHECK(peer.is_closed());
}

TEST_CASE("A wait ends with the restart, so that its answer can say so", "[hub][reset]") {
  Stage stage;
  stage.add("1");
  int ended = 0;
  stage.hub->wait(stage.loop(),
                  {2, nullptr, std::chrono::minutes(1), [&](wire::Sequence) { ++ended; }});
  stage.settle();
  REQUIRE(ended == 0);
  stage.late().restart(wire::EventId::make({}, test::kEpoch + 1, 0), test::kEpoch + 1, "test");
  stage.settle();
  CHECK(ended == 1);
  CHECK(stage.hub->waiting() == 0);
}

TEST_CASE("A drain gives what was taken its outcome, and streams all of it", "[hub][reset]") {
  Stage stage;
  auto& peer = stage.open();
  stage.settle();
  std::optional<Result<wire::EventId>> outcome;
  stage.hub->publisher().publish({"", "", "on its way"},
                                 [&](Result<wire::EventId> known) { outcome = known; });
  stage.hub->drain(std::chrono::seconds(1), [] {});
  stage.settle();
  REQUIRE(outcome);
  CHECK(*outcome);
  CHECK(HubStage::events_of(peer.received()) == Events{"on its way", "[sse.closing]"});
  CHECK(peer.saw_end());
}

}  // namespace
}  // namespace sse::hub
