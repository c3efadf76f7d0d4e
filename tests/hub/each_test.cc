// Streams of the newest event of each type and topic.

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "support/hub_stage.h"

namespace sse::hub {
namespace {

using test::filter_of;
using test::HubStage;
using Texts = std::vector<std::string>;

log::EventLog::Options small_segments() {
  log::EventLog::Options options;
  options.segment_size = 4096;
  return options;
}

TEST_CASE("A stream of the newest of each has them in order, the head's id, and then everything",
          "[hub][each]") {
  HubStage stage;
  for (const char* topic : {"a", "b", "a", "c", "a"}) stage.publish(topic, "", topic);
  const auto head = stage.publish("other type", "t", "a");
  auto& peer = stage.open(log::NewestOfEach{});
  stage.settle();
  const std::string received = peer.take();
  CHECK(HubStage::events_of(received) == Texts{"b", "c", "a", "other type"});
  CHECK(received.ends_with("\n\nid: " + wire::to_string(head) + "\n\n"));
  for (const char* text : {"live 1", "live 2"}) stage.publish(text, "", "a");
  stage.settle();
  CHECK(HubStage::events_of(peer.received()) == Texts{"live 1", "live 2"});
}

TEST_CASE("The newest of each is filtered, and so is what comes after it", "[hub][each]") {
  HubStage stage;
  for (const char* topic : {"a", "b", "a", "c", "b"}) stage.publish(topic, "", topic);
  auto& peer = stage.open(log::NewestOfEach{}, filter_of({}, {"a", "c"}));
  auto& none = stage.open(log::NewestOfEach{}, filter_of({}, {"z"}));
  stage.settle();
  CHECK(HubStage::events_of(peer.take()) == Texts{"a", "c"});
  stage.publish("hidden", "", "b");
  stage.publish("seen", "", "c");
  stage.publish("last", "", "z");
  stage.settle();
  CHECK(HubStage::events_of(peer.received()) == Texts{"seen"});
  CHECK(HubStage::events_of(none.received()) == Texts{"last"});
}

TEST_CASE("A pair that is superseded before it was sent is sent once, live", "[hub][each]") {
  HubStage stage;
  stage.publish("a1", "", "a");
  stage.publish("b1", "", "b");
  auto& peer = stage.open(log::NewestOfEach{});
  stage.publish("a2", "", "a");
  stage.settle();
  CHECK(HubStage::events_of(peer.received()) == Texts{"b1", "a2"});
}

TEST_CASE(
    "With a last event id the newest of each after it is sent, and an id that is gone is "
    "no gap",
    "[hub][each]") {
  HubStage stage({}, {.retention = {.max_events = 5}});
  const auto gone = stage.publish("a1", "", "a");
  stage.publish("b1", "", "b");
  stage.publish("c1", "", "c");
  const auto seen = stage.publish("a2", "", "a");
  stage.publish("b2", "", "b");
  stage.publish("b3", "", "b");
  const auto head = stage.publish("d1", "", "d");
  auto& resumed = stage.open(log::NewestOfEach{wire::to_string(seen)});
  auto& expired = stage.open(log::NewestOfEach{wire::to_string(gone)});
  auto& unknown = stage.open(log::NewestOfEach{"nonsense"});
  auto& at_head = stage.open(log::NewestOfEach{wire::to_string(head)});
  stage.settle();
  CHECK(HubStage::events_of(resumed.received()) == Texts{"b3", "d1"});
  CHECK(HubStage::events_of(expired.received()) == Texts{"c1", "a2", "b3", "d1"});
  CHECK(HubStage::events_of(unknown.received()) == Texts{"c1", "a2", "b3", "d1"});
  CHECK(HubStage::events_of(at_head.received()).empty());
  CHECK(stage.hub->counts().all_gaps() == 0);
}

TEST_CASE("A hub without events has no newest, and the stream lives", "[hub][each]") {
  HubStage stage;
  auto& peer = stage.open(log::NewestOfEach{});
  stage.publish("first");
  stage.settle();
  CHECK(HubStage::events_of(peer.received()) == Texts{"first"});
}

TEST_CASE(
    "With ids of events only no block holds an id alone, and the newest of each end "
    "where they did",
    "[hub][each]") {
  HubStage stage;
  stage.ids = Ids::kEvents;
  for (const char* topic : {"a", "b", "a"}) stage.publish(topic, "", topic);
  for (const bool is_filtered : {false, true}) {
    auto& peer = stage.open(log::NewestOfEach{}, is_filtered ? filter_of({}, {"b"}) : nullptr);
    stage.publish("live", "", "b");
    stage.publish("live", "", "b");
    stage.settle();
    const Texts events = HubStage::events_of(peer.received());
    const Texts live(events.end() - 2, events.end());
    CHECK(live == Texts{"live", "live"});
    CHECK(events.size() == (is_filtered ? 2 : 3));  // b was superseded
    std::size_t ids = 0;
    for (std::size_t at = 0; (at = peer.received().find("id: ", at)) != std::string::npos; ++at) {
      ++ids;
    }
    CHECK(ids == events.size());
  }
}

TEST_CASE("What is published while the newest of each are looked for is not missed",
          "[hub][each]") {
  for (const auto ids : {Ids::kAll, Ids::kEvents}) {
    HubStage stage;
    stage.ids = ids;
    for (int i = 0; i < 20'000; ++i) stage.publish("x", "", "t/" + std::to_string(i));
    auto& peer = stage.open(log::NewestOfEach{}, filter_of({}, {"+/wanted"}));
    stage.loop().turn();  // the search takes several
    stage.publish("live", "", "t/wanted");
    for (int i = 0; i < 200; ++i) stage.loop().turn();
    CHECK(HubStage::events_of(peer.received()) == Texts{"live"});
  }
}

TEST_CASE("A peer that is overtaken by retention in the newest of each is closed as slow",
          "[hub][each]") {
  auto options = small_segments();
  options.retention.max_events = 200;
  HubStage stage({}, options);
  for (int i = 0; i < 150; ++i) stage.publish("x", "", "t" + std::to_string(i));
  auto& peer = stage.open(log::NewestOfEach{});
  peer.set_room(5000);
  stage.settle();
  for (int i = 0; i < 1000; ++i) stage.publish("y", "", "t" + std::to_string(i));
  peer.set_room(test::kUnlimited);
  stage.settle();
  CHECK(peer.saw_end());
  CHECK(stage.hub->counts().closed_for(CloseReason::kSlow) == 1);
}

/// One event as a subscriber reads it; without a text: an id-only block.
struct Block {
  wire::EventId id;
  std::string text;
};

std::vector<Block> blocks_of(const std::string& received) {
  std::vector<Block> blocks;
  std::size_t at = 0;
  for (std::size_t end; (end = received.find("\n\n", at)) != std::string::npos; at = end + 2) {
    const std::string block = received.substr(at, end - at) + "\n";
    const auto id = block.find("id: ");
    if (id == std::string::npos) continue;
    const auto data = block.find("\ndata: ");
    const auto text = data == std::string::npos
                          ? std::string()
                          : block.substr(data + 7, block.find('\n', data + 7) - data - 7);
    blocks.push_back({*wire::EventId::parse(block.substr(id + 4, kUuidLength)), text});
  }
  return blocks;
}

struct Published {
  std::string topic;
  std::string text;
};

TEST_CASE(
    "Whatever is published, cut and slow, each stream has the newest of each and misses "
    "nothing after it",
    "[hub][each]") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t bound) { return random() % bound; };
    HubStage stage({}, small_segments());
    const std::size_t topics = 1 + below(seed % 3 == 0 ? 300 : 12);
    std::vector<Published> published{{}};  // by sequence
    const auto publish = [&] {
      const std::string topic = "x" + std::to_string(below(topics));
      published.push_back({topic, topic + "=" + std::to_string(published.size())});
      stage.publish(published.back().text, "", topic);
    };
    for (std::size_t i = below(400); i > 0; --i) publish();

    const bool is_filtered = below(2) == 0;
    Texts wanted_topics;
    for (std::size_t i = 0; i < std::min<std::size_t>(topics, 60); ++i) {
      if (i != 1) wanted_topics.push_back("x" + std::to_string(i));
    }
    const auto is_wanted = [&](wire::Sequence sequence) {
      const auto& topic = published[sequence].topic;
      return !is_filtered ||
             std::find(wanted_topics.begin(), wanted_topics.end(), topic) != wanted_topics.end();
    };
    log::NewestOfEach position;
    wire::Sequence from = 0;  // the position, as a sequence
    for (int connection = 0; connection < 4; ++connection) {
      const wire::Sequence head = published.size() - 1;
      auto& peer = stage.open(position, is_filtered ? filter_of({}, wanted_topics) : nullptr);
      peer.set_write_limit(1 + below(300));
      const bool ends_whole = connection == 3 || below(2) == 0;
      for (std::size_t rounds = below(6); rounds > 0; --rounds) {
        peer.set_room(below(3000));
        for (std::size_t i = below(20); i > 0; --i) publish();
        stage.loop().turn();
      }
      if (ends_whole) {
        peer.set_room(test::kUnlimited);
        stage.settle();
      }
      const auto blocks = blocks_of(peer.received());
      wire::Sequence last = from;
      std::map<wire::Sequence, std::string> got;
      for (const Block& block : blocks) {
        const auto sequence = block.id.sequence();
        if (block.text.empty()) {
          REQUIRE(sequence >= last);
          REQUIRE(sequence >= head);
        } else {
          REQUIRE(sequence > last);
          REQUIRE(block.text == published[sequence].text);
          REQUIRE(is_wanted(sequence));
          got[sequence] = block.text;
        }
        last = sequence;
        position.after = wire::to_string(block.id);
      }
      // Up to `last` the stream is whole: the newest of each up to the head, then everything.
      std::map<std::string, wire::Sequence> newest;
      for (wire::Sequence s = from + 1; s <= head; ++s) newest[published[s].topic] = s;
      std::map<std::string, wire::Sequence> newest_now;
      for (wire::Sequence s = from + 1; s < published.size(); ++s)
        newest_now[published[s].topic] = s;
      for (wire::Sequence s = from + 1; s <= last; ++s) {
        CAPTURE(s, from, head, last);
        const bool was_sent = got.count(s) > 0;
        if (!is_wanted(s)) {
          REQUIRE_FALSE(was_sent);
        } else if (s > head) {
          REQUIRE(was_sent);
        } else if (newest[published[s].topic] != s) {
          REQUIRE_FALSE(was_sent);
        } else {
          REQUIRE((was_sent || newest_now[published[s].topic] != s));
        }
      }
      if (ends_whole) REQUIRE(last >= head);
      from = last;
      peer.reset();
      stage.settle();
    }
  }
}

}  // namespace
}  // namespace sse::hub
