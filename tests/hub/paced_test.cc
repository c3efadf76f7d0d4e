// Streams with an interval: conflated, and sent once a slot.

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "support/hub_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::HubStage;
using test::Peer;
using Texts = std::vector<std::string>;

constexpr std::chrono::milliseconds kEvery{500};

std::unique_ptr<const Filter> filter_of(std::vector<std::string> types,
                                        std::vector<std::string> topics) {
  auto filter = Filter::make(std::move(types), std::move(topics));
  REQUIRE(filter);
  return std::move(filter).value();
}

/// A hub whose streams have the interval kEvery; a slot begins now.
struct Stage : HubStage {
  explicit Stage(HubOptions options = quiet(), log::EventLog::Options log = {})
      : HubStage(options, log) {
    every = kEvery;
  }
  static HubOptions quiet() {
    HubOptions options;
    options.heartbeat = 0s;
    options.max_clients = 100'000;
    return options;
  }

  /// A stream whose greeting is over.
  Peer& open_settled(const log::StartRequest& request = log::FromLatest{},
                     std::unique_ptr<const Filter> filter = nullptr) {
    Peer& peer = open(request, std::move(filter));
    settle();
    peer.take();
    return peer;
  }
  /// To the beginning of the next slot, and what is sent in it.
  void next_slot() {
    settle();
    clock.advance(kEvery);
    settle();
  }
  std::uint64_t conflated() {
    loop().turn();
    return hub->counts().conflated_events;
  }
};

Texts events_of(Peer& peer) {
  return HubStage::events_of(peer.take());
}

std::string id_only(const wire::EventId& id) {
  return "id: " + wire::to_string(id) + "\n\n";
}

TEST_CASE("A paced stream gets the newest of each pair once an interval, and the head's id",
          "[hub][paced]") {
  Stage stage;
  auto& peer = stage.open_settled();
  stage.publish("a1", "t", "a");
  stage.publish("b1", "t", "b");
  stage.publish("a2", "t", "a");
  stage.publish("other", "u", "a");
  const auto head = stage.publish("a3", "t", "a");
  stage.settle();
  CHECK(peer.received().empty());
  stage.next_slot();
  CHECK(peer.received().ends_with(id_only(head)));
  CHECK(events_of(peer) == Texts{"b1", "other", "a3"});
  stage.next_slot();
  CHECK(peer.received().empty());
  CHECK(stage.conflated() == 2);
}

TEST_CASE("A quiet hub sends a paced stream nothing, and turns no loop for it", "[hub][paced]") {
  Stage stage;
  auto& peer = stage.open_settled();
  stage.publish("one");
  stage.next_slot();
  peer.take();
  const auto writes = peer.writes();
  stage.pass(10s, 50ms);
  CHECK(peer.writes() == writes);
}

TEST_CASE("What is published in the middle of an interval waits for its end", "[hub][paced]") {
  Stage stage;
  auto& peer = stage.open_settled();
  stage.pass(300ms);
  stage.publish("one");
  stage.pass(195ms);
  CHECK(peer.received().empty());
  stage.pass(5ms);
  CHECK(events_of(peer) == Texts{"one"});
}

TEST_CASE("An event does not wake a paced stream before its slot", "[hub][paced]") {
  Stage stage;
  auto& paced = stage.open_settled();
  stage.every = 0ns;
  auto& plain = stage.open_settled();
  const auto writes = paced.writes();
  for (int i = 0; i < 100; ++i) {
    stage.publish(std::to_string(i));
    stage.settle();
  }
  CHECK(paced.writes() == writes);
  CHECK(events_of(plain).size() == 100);
}

TEST_CASE("A paced stream has one send in each interval, and the last value of each pair arrives",
          "[hub][paced]") {
  Stage stage;
  std::mt19937 random(7);
  auto& peer = stage.open_settled();
  std::map<std::string, std::string> published;
  std::map<std::string, std::string> received;
  const auto writes = peer.writes();
  constexpr int kSlots = 40;
  for (int slot = 0; slot < kSlots; ++slot) {
    for (int step = 0; step < 50; ++step) {
      const std::string topic = "t/" + std::to_string(random() % 9);
      published[topic] = topic + "=" + std::to_string(random());
      if (random() % 4 == 0)
        stage.publish(published[topic], {}, topic);
      else
        published.erase(topic);
      stage.pass(10ms, 10ms);
    }
  }
  published.clear();
  for (int i = 0; i < 9; ++i) {
    const std::string topic = "t/" + std::to_string(i);
    stage.publish(published[topic] = topic + "=last", {}, topic);
  }
  stage.next_slot();
  CHECK(peer.writes() - writes <= kSlots + 1);
  for (const auto& text : events_of(peer)) received[text.substr(0, text.find('='))] = text;
  CHECK(received == published);
}

TEST_CASE("Ids of a paced stream ascend", "[hub][paced]") {
  Stage stage;
  auto& peer = stage.open_settled();
  for (int i = 0; i < 200; ++i) {
    stage.publish("x", {}, std::to_string(i % 7));
    stage.pass(30ms, 30ms);
  }
  stage.next_slot();
  const auto text = peer.take();
  std::string last;
  for (std::size_t at = text.find("id: "); at != std::string::npos;
       at = text.find("id: ", at + 1)) {
    const auto id = text.substr(at + 4, kUuidLength);
    CHECK(id >= last);
    last = id;
  }
}

TEST_CASE("A paced stream with a filter gets the newest of what it wants", "[hub][paced]") {
  Stage stage;
  auto& by_topic = stage.open_settled({}, filter_of({}, {"a/1"}));
  auto& by_pattern = stage.open_settled({}, filter_of({}, {"a/+"}));
  auto& by_type = stage.open_settled({}, filter_of({"*t"}, {}));
  auto& nothing = stage.open_settled({}, filter_of({"never"}, {}));
  const auto writes = nothing.writes();
  stage.publish("1", "t", "a/1");
  stage.publish("2", "t", "a/2");
  stage.publish("3", "u", "b");
  stage.publish("4", "t", "a/1");
  const auto head = stage.publish("5", "u", "b");
  stage.next_slot();
  CHECK(by_topic.received().ends_with(id_only(head)));
  CHECK(events_of(by_topic) == Texts{"4"});
  CHECK(events_of(by_pattern) == Texts{"2", "4"});
  CHECK(events_of(by_type) == Texts{"2", "4"});
  CHECK(nothing.writes() == writes);
  CHECK(stage.conflated() == 3);
}

TEST_CASE("Streams of one interval, filter and position share what is gathered", "[hub][paced]") {
  Stage stage;
  constexpr int kStreams = 50;
  std::vector<Peer*> plain;
  std::vector<Peer*> filtered;
  for (int i = 0; i < kStreams; ++i) {
    plain.push_back(&stage.open_settled());
    filtered.push_back(&stage.open_settled({}, filter_of({}, {"a"})));
  }
  for (int slot = 1; slot <= 3; ++slot) {
    for (int i = 0; i < 200; ++i) stage.publish("x", {}, i % 2 == 0 ? "a" : std::to_string(i));
    const auto sends = stage.hub->counts().sends;
    stage.next_slot();
    CHECK(stage.hub->counts().sends - sends == 2 * kStreams);
  }
  for (auto* peer : plain) CHECK(events_of(*peer).size() == 3 * 101);
  for (auto* peer : filtered) CHECK(events_of(*peer) == Texts{"x", "x", "x"});
  CHECK(stage.hub->counts().rounds == 6);
}

TEST_CASE("A paced stream starts with its replay at once, conflated", "[hub][paced]") {
  Stage stage;
  stage.publish("a1", {}, "a");
  const auto first = stage.publish("b1", {}, "b");
  stage.publish("a2", {}, "a");
  const auto head = stage.publish("a3", {}, "a");
  auto& all = stage.open(log::FromEarliest{});
  auto& resumed = stage.open(log::AfterId{wire::to_string(first)});
  auto& last = stage.open(log::FromLast{2});
  stage.settle();
  CHECK(all.received().ends_with(id_only(head)));
  CHECK(events_of(all) == Texts{"b1", "a3"});
  CHECK(events_of(resumed) == Texts{"a3"});
  CHECK(events_of(last) == Texts{"a3"});
  stage.publish("b2", {}, "b");
  stage.settle();
  CHECK(all.received().empty());
  stage.next_slot();
  for (auto* peer : {&all, &resumed, &last}) CHECK(events_of(*peer) == Texts{"b2"});
}

TEST_CASE("A paced stream resumes after its id with no newest value missed or repeated",
          "[hub][paced]") {
  Stage stage;
  auto& peer = stage.open_settled();
  stage.publish("a1", {}, "a");
  stage.publish("b1", {}, "b");
  stage.next_slot();
  const auto text = peer.take();
  const auto id = text.substr(text.rfind("id: ") + 4, kUuidLength);
  stage.publish("a2", {}, "a");
  stage.settle();
  peer.reset();
  auto& again = stage.open(log::AfterId{id});
  stage.settle();
  CHECK(events_of(again) == Texts{"a2"});
  stage.next_slot();
  CHECK(again.received().empty());
}

TEST_CASE("A position that is gone is told to a paced stream", "[hub][paced]") {
  Stage stage;
  stage.publish("a1", {}, "a");
  auto& peer = stage.open(log::AfterId{"of no log"});
  stage.settle();
  CHECK(events_of(peer) == Texts{"[sse.gap]", "a1"});
}

TEST_CASE("A stream that was given its place before an event was published gets it",
          "[hub][paced]") {
  for (const bool has_company : {false, true}) {
    CAPTURE(has_company);
    Stage stage;
    stage.publish("before");
    if (has_company) stage.open_settled();
    const auto view = stage.event_log->view();
    stage.publish("between");
    if (has_company) stage.settle();
    Peer& peer = stage.peers.emplace_back();
    REQUIRE(stage.open_at(peer, view, log::FromLatest{}));
    stage.publish("after", {}, "other");
    stage.next_slot();
    stage.next_slot();
    CHECK(events_of(peer) == Texts{"between", "after"});
  }
}

TEST_CASE("A stream that opens between two slots has its next send with the others",
          "[hub][paced]") {
  Stage stage;
  auto& early = stage.open_settled();
  stage.publish("a1", {}, "a");
  stage.pass(200ms);
  auto& late = stage.open_settled();
  stage.publish("b1", {}, "b");
  stage.pass(200ms);
  CHECK(late.received().empty());
  stage.pass(100ms);
  CHECK(events_of(early) == Texts{"a1", "b1"});
  CHECK(events_of(late) == Texts{"b1"});
}

TEST_CASE("Heartbeats of a paced stream go on, and tell how far it is", "[hub][paced]") {
  HubOptions options;
  options.heartbeat = 2s;
  Stage stage(options);
  stage.every = 60s;
  auto& all = stage.open_settled();
  auto& filtered = stage.open_settled({}, filter_of({}, {"wanted"}));
  const auto hidden = stage.publish("x", {}, "hidden");
  stage.pass(2500ms, 50ms);
  CHECK(all.received() == ":\n");
  CHECK(filtered.take() == id_only(hidden));
  const auto also = stage.publish("x", {}, "hidden");
  stage.publish("x", {}, "wanted");
  stage.pass(2500ms, 50ms);
  CHECK(filtered.take() == id_only(also));
  stage.pass(2500ms, 50ms);
  CHECK(filtered.take() == ":\n");
  stage.pass(60s, 500ms);
  CHECK(HubStage::events_of(filtered.received()) == Texts{"x"});
  CHECK(HubStage::events_of(all.received()) == Texts{"x", "x"});
}

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
