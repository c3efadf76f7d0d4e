// Streams with an interval that are cut off, blocked, left behind or ended.

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "hub/paced_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::HubStage;
using test::Peer;
using Texts = std::vector<std::string>;
using Stage = PacedStage;

TEST_CASE("Short writes at every size lose and repeat nothing of a round", "[hub][paced]") {
  for (const auto form : {http::StreamForm::kUntilClose, http::StreamForm::kChunked}) {
    for (std::size_t limit = 1; limit < 400; limit += limit < 150 ? 1 : 7) {
      CAPTURE(limit);
      Stage stage;
      stage.form = form;
      auto& whole = stage.open_settled();
      auto& peer = stage.open_settled();
      peer.set_write_limit(limit);
      Texts expected;
      for (int i = 0; i < 5; ++i) {
        stage.publish("old", {}, std::to_string(i));
        stage.publish(expected.emplace_back("event " + std::to_string(i)), {}, std::to_string(i));
      }
      const auto head = stage.event_log->view().head_id();
      stage.next_slot();
      CHECK(events_of(peer) == expected);
      CHECK(events_of(whole) == expected);
      stage.publish("next");
      stage.next_slot();
      CHECK(events_of(peer) == Texts{"next"});
      CHECK(stage.conflated() == 10);
      if (form == http::StreamForm::kUntilClose) {
        peer.set_write_limit(test::kUnlimited);
        CHECK(head.sequence() == 10);
      }
    }
  }
}

TEST_CASE("A stream that was blocked catches up to now, not through the past", "[hub][paced]") {
  Stage stage;
  auto& peer = stage.open_settled();
  const auto room = [&](std::size_t bytes) {
    peer.set_room(bytes);
    stage.settle();
  };
  room(0);
  for (int slot = 0; slot < 5; ++slot) {
    stage.publish("a" + std::to_string(slot), {}, "a");
    stage.publish("b" + std::to_string(slot), {}, "b" + std::to_string(slot));
    stage.next_slot();
  }
  room(10);  // into the first event
  stage.publish("a5", {}, "a");
  stage.next_slot();
  room(test::kUnlimited);
  const auto text = peer.take();
  CHECK(HubStage::events_of(text) == Texts{"b0", "b1", "b2", "b3", "b4", "a5"});
  CHECK(text.ends_with(id_only(stage.event_log->view().head_id())));
}

TEST_CASE("A paced stream that reads is never slow, and one that is blocked is", "[hub][paced]") {
  HubOptions options;
  options.heartbeat = 0s;
  options.slow_after = 2s;
  options.max_lag = 1000;
  Stage stage(options);
  stage.every = 20s;
  auto& reads = stage.open_settled();
  auto& blocked = stage.open_settled();
  for (int i = 0; i < 100; ++i) {
    stage.publish(std::string(100, 'x'), {}, std::to_string(i));
    stage.pass(100ms, 50ms);
  }
  CHECK(!reads.is_closed());
  CHECK(!blocked.is_closed());
  blocked.set_room(0);
  stage.pass(12s, 50ms);
  stage.pass(3s, 50ms);
  CHECK(!reads.is_closed());
  CHECK(blocked.is_closed());
  CHECK(stage.hub->counts().closed_for(CloseReason::kSlow) == 1);
}

log::EventLog::Options small_log() {
  log::EventLog::Options log;
  log.retention.max_bytes = log::kMinLogBytes;
  return log;
}

TEST_CASE("What is held back is sent before its segment goes", "[hub][paced][retention]") {
  Stage stage(Stage::quiet(), small_log());
  stage.every = 60s;
  auto& all = stage.open_settled();
  auto& filtered = stage.open_settled({}, filter_of({}, {"rare"}));
  stage.publish("first", {}, "rare");
  constexpr int kEvents = 3000;  // three logs full
  for (int i = 0; i < kEvents; ++i) {
    stage.publish(std::string(200, 'x'), {}, std::to_string(i));
    if (i % 10 == 0) stage.settle();
  }
  CHECK(events_of(filtered) == Texts{"first"});
  stage.pass(60s, 500ms);
  CHECK(!all.is_closed());
  CHECK(events_of(all).size() == kEvents + 1);
  CHECK(stage.hub->counts().closed_for(CloseReason::kSlow) == 0);
}

TEST_CASE("What is old when it is first seen is not held back", "[hub][paced][retention]") {
  Stage stage(Stage::quiet(), small_log());
  stage.every = 60s;
  auto& peer = stage.open_settled({}, filter_of({}, {"rare"}));
  for (int round = 0; round < 3; ++round) {
    const auto first = stage.publish("first", {}, "rare");
    while (stage.event_log->view().newer_half() <= first.sequence()) {
      stage.publish(std::string(200, 'x'), {}, "other");
    }
    stage.settle();
    CHECK(events_of(peer) == Texts{"first"});
  }
}

TEST_CASE("What is held back is sent before it expires", "[hub][paced][retention]") {
  log::EventLog::Options log;
  log.retention.ttl = 4s;
  Stage stage(Stage::quiet(), log);
  stage.every = 60s;
  auto& peer = stage.open_settled();
  stage.publish("one");
  stage.pass(1900ms, 50ms);
  CHECK(peer.received().empty());
  stage.pass(150ms, 50ms);
  CHECK(events_of(peer) == Texts{"one"});
}

TEST_CASE("A stream whose held back events are gone is closed as slow", "[hub][paced][retention]") {
  Stage stage(Stage::quiet(), small_log());
  auto& peer = stage.open_settled();
  for (int i = 0; i < 2000; ++i) stage.publish(std::string(200, 'x'), {}, std::to_string(i));
  stage.next_slot();
  CHECK(events_of(peer) == Texts{"[sse.closing]"});
  CHECK(stage.hub->counts().closed_for(CloseReason::kSlow) == 1);
}

TEST_CASE("What no paced stream wants closes none, however much goes", "[hub][paced][retention]") {
  Stage stage(Stage::quiet(), small_log());
  auto& peer = stage.open_settled({}, filter_of({}, {"rare"}));
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 200; ++i) stage.publish(std::string(200, 'x'), {}, "other");
    stage.next_slot();
  }
  stage.publish("one", {}, "rare");
  stage.next_slot();
  CHECK(events_of(peer) == Texts{"one"});
}

TEST_CASE("A paced stream that rests outlives the others of its group", "[hub][paced][retention]") {
  Stage stage(Stage::quiet(), small_log());
  auto& first = stage.open_settled({}, filter_of({}, {"rare"}));
  stage.open_settled({}, filter_of({}, {"rare"}));
  stage.publish("one", {}, "rare");
  stage.next_slot();
  auto& rests = stage.open_settled({}, filter_of({}, {"rare"}));
  const auto seen = stage.event_log->view().head();
  while (stage.event_log->view().first_held() <= seen + 1) {
    stage.publish(std::string(200, 'x'), {}, "other");
    stage.settle();
  }
  first.reset();
  stage.next_slot();
  CHECK(rests.received().empty());
  stage.publish("two", {}, "rare");
  stage.next_slot();
  CHECK(events_of(rests) == Texts{"two"});
}

TEST_CASE("A drain sends what is held back, then says so", "[hub][paced]") {
  Stage stage;
  auto& peer = stage.open_settled();
  auto& idle = stage.open_settled({}, filter_of({}, {"other"}));
  stage.publish("a1", {}, "a");
  stage.publish("a2", {}, "a");
  bool done = false;
  stage.hub->drain(5s, [&] { done = true; });
  stage.settle();
  CHECK(events_of(peer) == Texts{"a2", "[sse.closing]"});
  CHECK(events_of(idle) == Texts{"[sse.closing]"});
  peer.finish();
  idle.finish();
  stage.settle();
  CHECK(done);
}

TEST_CASE("A drain in the middle of a slot loses nothing", "[hub][paced]") {
  Stage stage;
  constexpr int kStreams = 20'000;  // more than one turn marks
  std::vector<Peer*> peers;
  for (int i = 0; i < kStreams; ++i) peers.push_back(&stage.open());
  stage.settle();
  for (auto* peer : peers) peer->take();
  stage.publish("a1", {}, "a");
  stage.settle();
  stage.clock.advance(kEvery);
  stage.loop().turn();
  stage.publish("b1", {}, "b");
  stage.hub->drain(600s, [] {});
  stage.loop().post([&] { peers.back()->finish(); });  // not marked, and what it wants is asked
  for (int i = 0; i < 3000 && !peers.back()->saw_end(); ++i) stage.loop().turn();
  stage.settle();
  const auto wrong = std::count_if(peers.begin(), peers.end(), [](Peer* peer) {
    return events_of(*peer) != Texts{"a1", "b1", "[sse.closing]"};
  });
  CHECK(wrong == 0);
}

TEST_CASE("A paced stream that half-closes gets what is held back, and ends", "[hub][paced]") {
  Stage stage;
  auto& peer = stage.open_settled();
  auto& stays = stage.open_settled();
  stage.publish("a1", {}, "a");
  stage.publish("a2", {}, "a");
  stage.settle();
  peer.finish();
  stage.settle();
  CHECK(events_of(peer) == Texts{"a2"});
  CHECK(peer.saw_end());
  CHECK(stays.received().empty());
}

TEST_CASE("Paced streams that go in the middle of a slot take nothing from the others",
          "[hub][paced]") {
  Stage stage;
  constexpr int kStreams = 30'000;
  std::deque<Peer*> peers;
  for (int i = 0; i < kStreams; ++i) peers.push_back(&stage.open());
  stage.settle();
  for (auto* peer : peers) peer->take();
  stage.publish("x");
  stage.settle();
  stage.clock.advance(kEvery);
  stage.loop().turn();
  for (int i = 0; i < 1000; ++i) {
    peers.front()->reset();
    peers.pop_front();
  }
  peers.back()->finish();
  for (int i = 0; i < 2000; ++i) stage.loop().turn();
  stage.settle();
  const auto wrong = std::count_if(peers.begin(), peers.end(),
                                   [](Peer* peer) { return events_of(*peer) != Texts{"x"}; });
  CHECK(wrong == 0);
}

TEST_CASE("The last paced stream of a group goes while its events are held back", "[hub][paced]") {
  Stage stage;
  auto& peer = stage.open_settled({}, filter_of({}, {"a"}));
  stage.publish("x", {}, "a");
  stage.settle();
  peer.reset();
  stage.next_slot();
  auto& again = stage.open_settled({}, filter_of({}, {"a"}));
  stage.publish("y", {}, "a");
  stage.next_slot();
  CHECK(events_of(again) == Texts{"y"});
}

std::unique_ptr<const Filter> until(std::vector<std::string> last_types,
                                    std::vector<std::string> types = {}) {
  auto filter = Filter::make(std::move(types), {}, std::move(last_types));
  REQUIRE(filter);
  return std::move(filter).value();
}

TEST_CASE("The event that ends a paced stream is not held back, nor what is before it",
          "[hub][paced][until]") {
  Stage stage;
  auto& ends = stage.open_settled({}, until({"done"}));
  auto& with_types = stage.open_settled({}, until({"do*"}, {"other"}));
  auto& goes_on = stage.open_settled({}, until({"never"}));
  auto& plain = stage.open_settled();
  stage.publish("a1", {}, "a");
  stage.publish("a2", {}, "a");
  stage.settle();
  CHECK(ends.received().empty());
  const auto last = stage.publish("the end", "done");
  stage.publish("after", {}, "b");
  stage.settle();
  CHECK(ends.received().find("id: " + wire::to_string(last) + "/done\n\n") != std::string::npos);
  CHECK(events_of(ends) == Texts{"a2", "the end", "[sse.closing]"});
  CHECK(events_of(with_types) == Texts{"the end", "[sse.closing]"});
  CHECK(goes_on.received().empty());
  CHECK(plain.received().empty());
  stage.next_slot();
  for (auto* peer : {&goes_on, &plain}) CHECK(events_of(*peer) == Texts{"a2", "the end", "after"});
  CHECK(stage.hub->counts().closed_for(CloseReason::kDone) == 2);
}

TEST_CASE("A paced stream that may end is sent nothing in a slot in which nothing passed",
          "[hub][paced][until]") {
  Stage stage;
  auto& peer = stage.open_settled({}, until({"*done"}, {"*wanted"}));
  const auto writes = peer.writes();
  for (int slot = 0; slot < 3; ++slot) {
    stage.publish("x", "other");
    stage.next_slot();
  }
  CHECK(peer.writes() == writes);
  stage.publish("y", "wanted");
  stage.publish("z", "done");
  stage.settle();
  CHECK(events_of(peer) == Texts{"y", "z", "[sse.closing]"});
}

TEST_CASE("A paced stream ends also when its last event was superseded before it was sent",
          "[hub][paced][until]") {
  Stage stage;
  auto& peer = stage.open_settled({}, until({"done"}));
  stage.publish("first", "done");
  stage.publish("second", "done");
  stage.settle();
  CHECK(events_of(peer) == Texts{"second", "[sse.closing]"});
}

TEST_CASE("A paced stream that is blocked at its end is ended once", "[hub][paced][until]") {
  for (std::size_t room = 0; room < 260; room += 3) {
    CAPTURE(room);
    Stage stage;
    auto& peer = stage.open_settled({}, until({"done"}));
    peer.set_room(room);
    stage.publish("a", {}, "a");
    stage.publish("the end", "done");
    stage.settle();
    stage.publish("after", {}, "a");
    stage.next_slot();
    peer.set_room(test::kUnlimited);
    stage.settle();
    auto events = events_of(peer);
    REQUIRE(events.size() >= 2);
    CHECK(Texts(events.end() - 2, events.end()) == Texts{"the end", "[sse.closing]"});
    CHECK(std::count(events.begin(), events.end(), "after") == 0);
  }
}

TEST_CASE("A restarted log closes paced streams, and owes them nothing", "[hub][paced]") {
  Stage stage;
  stage.publish("kept");
  const auto origin = stage.event_log->view().head_id();
  auto& peer = stage.open_settled();
  stage.publish("lost");
  stage.settle();
  stage.event_log->restart({origin, test::kEpoch + 1});
  stage.next_slot();
  CHECK(events_of(peer) == Texts{"[sse.closing]"});
  CHECK(stage.hub->counts().closed_for(CloseReason::kReset) == 1);
}

TEST_CASE("A round that is too large to be shared comes whole", "[hub][paced]") {
  Stage stage;
  auto& one = stage.open_settled();
  auto& two = stage.open_settled();
  Texts expected;
  for (int i = 0; i < 100; ++i) {
    stage.publish("old", {}, std::to_string(i));
    expected.push_back(std::to_string(i) + std::string(9000, 'x'));
    stage.publish(expected.back(), {}, std::to_string(i));
  }
  const auto head = stage.event_log->view().head_id();
  stage.next_slot();
  CHECK(one.received().ends_with(id_only(head)));
  CHECK((events_of(one) == expected));  // too much to be printed
  CHECK((events_of(two) == expected));
  CHECK(stage.conflated() == 200);
}

}  // namespace
}  // namespace sse::hub
