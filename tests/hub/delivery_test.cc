// What a stream carries, and in which order: promises 1 and 2.

#include <algorithm>
#include <string>

#include "support/hub_stage.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::filter_of;
using test::HubStage;
using Texts = std::vector<std::string>;

TEST_CASE("A stream starts with its head, retry, a comment and the id of the head", "[hub]") {
  HubStage stage;
  const auto id = stage.publish("before");
  auto& peer = stage.open();
  stage.settle();
  CHECK(peer.received() == "HEAD\r\n\r\nretry: 2000\n: open\nid: " + wire::to_string(id) + "\n\n");
}

TEST_CASE("A subscriber of an empty hub gets the origin as its cursor, and misses nothing",
          "[hub]") {
  HubStage stage;
  auto& peer = stage.open();
  stage.settle();
  const auto text = peer.take();
  const auto id = wire::EventId::parse(text.substr(text.find("id: ") + 4, kUuidLength));
  REQUIRE(id);
  CHECK(id->sequence() == 0);
  stage.publish("first");
  auto& resumed = stage.open(log::AfterId{wire::to_string(*id)});
  stage.settle();
  CHECK(HubStage::events_of(resumed.received()) == Texts{"first"});
}

TEST_CASE("Every subscriber gets every event once, in one order", "[hub]") {
  HubStage stage;
  auto& early = stage.open();
  Texts expected;
  for (int i = 0; i < 100; ++i) {
    expected.push_back(std::to_string(i));
    stage.publish(expected.back());
    if (i % 7 == 0) stage.settle();
  }
  auto& late = stage.open(log::FromEarliest{});
  stage.settle();
  CHECK(HubStage::events_of(early.received()) == expected);
  CHECK(HubStage::events_of(late.received()) == expected);
}

TEST_CASE("What was published while a pass ran goes in one write", "[hub]") {
  HubStage stage;
  auto& peer = stage.open();
  stage.settle();
  const auto before = peer.writes();
  for (int i = 0; i < 50; ++i) stage.publish(std::to_string(i));
  stage.settle();
  CHECK(peer.writes() - before == 1);
}

TEST_CASE("Short writes at every size change no byte", "[hub]") {
  HubStage stage;
  Texts expected;
  for (int i = 0; i < 5; ++i) {
    expected.push_back("event " + std::to_string(i));
    stage.publish(expected.back(), "t", "a/b");
  }
  auto& whole = stage.open(log::FromEarliest{});
  stage.settle();
  for (std::size_t limit = 1; limit < 120; ++limit) {
    const bool filtered = limit % 2 == 0;
    auto& peer = stage.peers.emplace_back();
    peer.set_write_limit(limit);
    stage.open_with(peer, log::FromEarliest{}, filtered ? filter_of({}, {"a/b"}) : nullptr);
    stage.settle();
    CAPTURE(limit);
    const auto after_retry = [](const std::string& text) {
      return text.substr(text.find(": open"));
    };
    CHECK(after_retry(peer.received()) == after_retry(whole.received()));
  }
}

TEST_CASE("The replay ends with an id-only block, before what came later", "[hub]") {
  HubStage stage;
  stage.publish("one");
  const auto two = stage.publish("two");
  auto& peer = stage.open(log::FromEarliest{});
  stage.publish("three");  // after the head that the subscriber was told of
  stage.settle();
  const auto& text = peer.received();
  const auto id_only = "data: two\n\nid: " + wire::to_string(two) + "\n\nid: ";
  CHECK(text.find(id_only) != std::string::npos);
  CHECK(HubStage::events_of(text) == Texts{"one", "two", "three"});
}

TEST_CASE("A filter that matches nothing still moves the cursor at the end of the replay",
          "[hub]") {
  HubStage stage;
  const auto id = stage.publish("hidden", "other");
  auto& peer = stage.open(log::FromEarliest{}, filter_of({"wanted"}, {}));
  stage.settle();
  CHECK(HubStage::events_of(peer.received()).empty());
  CHECK(peer.received().find("\nid: " + wire::to_string(id) + "\n\n") != std::string::npos);
}

TEST_CASE("A filtered subscriber gets what it wants, live and replayed, and nothing else",
          "[hub]") {
  HubStage stage;
  stage.publish("1", "a", "x/1");
  stage.publish("2", "b", "x/2");
  auto& by_type = stage.open(log::FromEarliest{}, filter_of({"a"}, {}));
  auto& by_topic = stage.open(log::FromEarliest{}, filter_of({}, {"x/2"}));
  auto& by_both = stage.open(log::FromEarliest{}, filter_of({"a"}, {"x/2"}));
  auto& by_pattern = stage.open(log::FromEarliest{}, filter_of({"*"}, {"x/+"}));
  stage.settle();
  stage.publish("3", "a", "x/2");
  stage.publish("4", "b", "x/1");
  stage.publish("5", "c", "y");
  stage.settle();
  CHECK(HubStage::events_of(by_type.received()) == Texts{"1", "3"});
  CHECK(HubStage::events_of(by_topic.received()) == Texts{"2", "3"});
  CHECK(HubStage::events_of(by_both.received()) == Texts{"3"});
  CHECK(HubStage::events_of(by_pattern.received()) == Texts{"1", "2", "3", "4"});
}

TEST_CASE("A long search of a filter takes many turns, and other streams are fed in each",
          "[hub][budget]") {
  HubStage stage;
  for (int i = 0; i < 3000; ++i) {
    const auto name = std::to_string(i);
    stage.publish("x", name + std::string(200 - name.size(), 'a'));
  }
  const auto wanted = stage.publish("found", "b");
  auto& live = stage.open();
  stage.settle();
  live.take();

  std::vector<std::string> hostile(63, "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b");
  hostile.push_back("b");
  auto& peer = stage.open(log::FromEarliest{}, filter_of(hostile, {}));
  int turns = 0;
  for (; peer.received().find("data: found") == std::string::npos && turns < 10'000; ++turns) {
    stage.publish("live", "live");
    stage.loop().turn();
    REQUIRE(HubStage::events_of(live.take()) == Texts{"live"});
  }
  CHECK(turns > 50);
  CHECK(turns < 10'000);
  stage.settle();
  const auto id_only = "data: found\n\nid: " + wire::to_string(wanted) + "\n\n";
  CHECK(HubStage::events_of(peer.received()) == Texts{"found"});
  CHECK(peer.received().find(id_only) != std::string::npos);
}

TEST_CASE("Searches that are cut lose nothing, however many streams share a turn",
          "[hub][budget]") {
  HubStage stage;
  Texts expected;
  for (int i = 0; i < 4000; ++i) {
    const bool is_wanted = i % 97 == 0;
    if (is_wanted) expected.push_back(std::to_string(i));
    stage.publish(std::to_string(i), "", (is_wanted ? "w/" : "t/") + std::to_string(i));
  }
  std::vector<test::Peer*> replayed;
  std::vector<test::Peer*> following;
  for (int i = 0; i < 40; ++i) {
    replayed.push_back(&stage.open(log::FromEarliest{}, filter_of({}, {"w/+"})));
    following.push_back(&stage.open(log::FromLatest{}, filter_of({"*"}, {"w/+"})));
  }
  for (int turns = 0; turns < 2000; ++turns) {
    if (turns % 10 == 0) stage.publish("live", "", "w/live");
    stage.loop().turn();
  }
  stage.settle();
  const Texts live(200, "live");
  for (const auto* peer : following) CHECK(HubStage::events_of(peer->received()) == live);
  expected.insert(expected.end(), live.begin(), live.end());
  for (const auto* peer : replayed) CHECK(HubStage::events_of(peer->received()) == expected);
}

TEST_CASE("A filtered subscriber costs no write for what it does not want", "[hub]") {
  HubStage stage;
  auto& peer = stage.open(log::FromLatest{}, filter_of({}, {"mine"}));
  stage.settle();
  const auto before = peer.writes();
  for (int i = 0; i < 100; ++i) stage.publish("x", {}, "theirs");
  stage.settle();
  CHECK(peer.writes() == before);
  stage.publish("y", {}, "mine");
  stage.settle();
  CHECK(peer.writes() == before + 1);
}

TEST_CASE(
    "An idle filtered subscriber is not left behind when the log forgets what it did not want",
    "[hub]") {
  log::EventLog::Options options;
  options.retention.ttl = 1s;
  HubStage stage({}, options);
  auto& peer = stage.open(log::FromLatest{}, filter_of({}, {"mine"}));
  stage.settle();
  for (int i = 0; i < 10; ++i) {
    stage.publish(std::string(100'000, 'x'), {}, "theirs");
    stage.pass(2s, 100ms);
  }
  stage.publish("y", {}, "mine");
  stage.settle();
  CHECK(HubStage::events_of(peer.received()) == Texts{"y"});
  CHECK_FALSE(peer.saw_end());
}

TEST_CASE("A quiet stream gets a heartbeat, one with hidden events a new cursor",
          "[hub][heartbeat]") {
  HubOptions options;
  options.heartbeat = 10s;
  HubStage stage(options);
  auto& plain = stage.open();
  auto& filtered = stage.open(log::FromLatest{}, filter_of({"wanted"}, {}));
  stage.settle();
  const auto hidden = stage.publish("x", "other");
  stage.settle();
  plain.take();
  filtered.take();
  stage.pass(9s, 50ms);
  CHECK(plain.received().empty());
  CHECK(filtered.received().empty());
  stage.pass(3s, 20ms);
  CHECK(plain.take() == ":\n");
  CHECK(filtered.take() == "id: " + wire::to_string(hidden) + "\n\n");
  stage.pass(10s, 20ms);
  CHECK(filtered.take() == ":\n");
}

TEST_CASE("A busy hub keeps the heartbeats of streams that want none of it", "[hub][heartbeat]") {
  HubOptions options;
  options.heartbeat = 1s;
  HubStage stage(options);
  auto& peer = stage.open(log::FromLatest{}, filter_of({}, {"mine"}));
  stage.settle();
  peer.take();
  wire::EventId last;
  for (int i = 0; i < 300; ++i) {
    last = stage.publish("x", {}, "theirs");  // after the turn, so that a tick always finds news
    stage.clock.advance(20ms);
    stage.loop().turn();
  }
  const auto text = peer.take();
  CHECK(std::count(text.begin(), text.end(), '\n') >= 2 * 4);
  const auto id = wire::EventId::parse(text.substr(text.rfind("id: ") + 4, kUuidLength));
  REQUIRE(id);
  CHECK(id->sequence() > last.sequence() - 100);
}

TEST_CASE("Heartbeats can be off", "[hub][heartbeat]") {
  HubOptions options;
  options.heartbeat = 0s;
  HubStage stage(options);
  auto& peer = stage.open();
  stage.settle();
  peer.take();
  stage.pass(60s, 50ms);
  CHECK(peer.received().empty());
}

TEST_CASE("Nothing is said in the middle of an event", "[hub][heartbeat]") {
  HubOptions options;
  options.heartbeat = 1s;
  HubStage stage(options);
  auto& peer = stage.open();
  stage.settle();
  peer.take();
  peer.set_room(50);
  stage.publish("a text that does not fit into what room there is");
  stage.pass(5s, 50ms);
  CHECK(peer.received().size() == 50);
  peer.set_room(test::kUnlimited);
  stage.settle();
  CHECK(peer.received().find("\n:\n") == std::string::npos);
  CHECK(HubStage::events_of(peer.received()).size() == 1);
}

TEST_CASE("A position that is gone is told in the stream, with the exact number missed",
          "[hub][gap]") {
  log::EventLog::Options options;
  options.retention.ttl = 2s;
  HubStage stage({}, options);
  const auto seen = stage.publish("1");
  stage.publish("2");
  stage.publish("3");
  stage.clock.advance(3s);
  stage.clock.jump_wall(-1h);
  const auto kept = stage.publish("4");
  auto& peer = stage.open(log::AfterId{wire::to_string(seen)});
  stage.settle();
  CHECK(peer.received().find("event: sse.gap\ndata: {\"requested\":\"" + wire::to_string(seen) +
                             "\",\"oldest\":\"" + wire::to_string(kept) +
                             "\",\"missed\":2,\"reason\":\"expired\"}\n\n") != std::string::npos);
  CHECK(HubStage::events_of(peer.received()) == Texts{"[sse.gap]", "4"});
  CHECK(stage.hub->counts().all_gaps() == 1);
}

TEST_CASE("What a peer asked for cannot change the framing of the gap it is told", "[hub][gap]") {
  HubStage stage;
  auto& peer = stage.open(log::AfterId{"a\"\\\n\ndata: evil\xFF"});
  stage.settle();
  CHECK(peer.received().find(R"({"requested":"a\"\\\n\ndata: evil)"
                             "\xEF\xBF\xBD\",") != std::string::npos);
}

}  // namespace
}  // namespace sse::hub
