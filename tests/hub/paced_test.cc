// Streams with an interval: conflated, and sent once a slot.

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

std::size_t ids_in(std::string_view text) {
  std::size_t ids = 0;
  for (auto at = text.find("id: "); at != text.npos; at = text.find("id: ", at + 1)) ++ids;
  return ids;
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
  CHECK(filtered.received().ends_with(":\n:\n"));  // the round told where it is
  CHECK(all.received().ends_with(":\n:\n"));
  CHECK(ids_in(filtered.received()) == 2);
  CHECK(ids_in(all.received()) == 3);
  CHECK(HubStage::events_of(filtered.received()) == Texts{"x"});
  CHECK(HubStage::events_of(all.received()) == Texts{"x", "x"});
}

TEST_CASE("A paced stream that reads in parts is not slow for what it is never sent",
          "[hub][paced]") {
  HubOptions options;
  options.heartbeat = 0s;
  options.slow_after = 5s;
  options.max_lag = 1000;
  Stage stage(options);
  auto& reads = stage.open_settled();
  auto& stuck = stage.open_settled();
  stuck.set_room(0);
  reads.set_room(0);
  for (int i = 0; i < 100; ++i) {
    stage.publish(std::to_string(i) + std::string(100, 'x'), {}, "a");
    stage.pass(100ms, 50ms);
    reads.set_room(10);
  }
  CHECK(!reads.is_closed());
  CHECK(stuck.is_closed());
  reads.set_room(test::kUnlimited);
  stage.next_slot();
  CHECK(!reads.is_closed());
  CHECK(events_of(reads).back() == "99" + std::string(100, 'x'));
}

}  // namespace
}  // namespace sse::hub
