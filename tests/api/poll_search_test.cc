// Polls whose filters have much to search.

#include <memory>
#include <string>
#include <vector>

#include "sse/api/poll_answer.h"

#include "api/poll_stage.h"

namespace sse::api {
namespace {

using Stage = PollStage;

/// A log in which a filter of patterns has much to look at, and the last event is wanted.
wire::EventId publish_many(Stage& stage, int topics = 3000) {
  for (int i = 0; i < topics; ++i) stage.publish("x", "", "t/" + std::to_string(i));
  return stage.publish("wanted", "", "u/1");
}

TEST_CASE("A poll whose filter has much to search answers in a later turn, and fully",
          "[api][poll][budget]") {
  Stage stage;
  const auto wanted = publish_many(stage);
  test::Peer& peer = stage.connect();
  peer.send(get("since=earliest&topic=u/%2B"));
  stage.loop().turn();
  CHECK(stage.hub->waiting() == 1);
  const auto is_there = [&] { return peer.received().find("cursor") != std::string::npos; };
  CHECK_FALSE(is_there());
  int turns = 0;
  for (; !is_there() && turns < 1000; ++turns) stage.loop().turn();
  stage.settle();
  CHECK(turns > 1);
  const auto answer = Stage::answer_of(peer);
  CHECK(Stage::data_of(answer) == std::vector<std::string>{"wanted"});
  CHECK(answer.at("cursor") == id_text(wanted));
  CHECK(stage.hub->waiting() == 0);
}

TEST_CASE("A poll of the newest of each goes on in later turns, too", "[api][poll][budget]") {
  Stage stage;
  for (int i = 0; i < 6000; ++i) stage.publish("x", "", "t/" + std::to_string(i));
  for (int i = 0; i < 20; ++i) stage.publish(std::to_string(i), "", "u/1");
  for (const std::string topic : {"u/%2B", "u/%23", "u/1"}) {
    CAPTURE(topic);
    test::Peer& peer = stage.connect();
    peer.send(get("since=each&topic=" + topic));
    for (int turns = 0; turns < 500; ++turns) stage.loop().turn();
    stage.settle();
    CHECK(Stage::data_of(Stage::answer_of(peer)) == std::vector<std::string>{"19"});
  }
  CHECK(stage.hub->waiting() == 0);
}

TEST_CASE("A poll of the newest of each has the newer event when what it found is superseded",
          "[api][poll]") {
  Stage stage;
  stage.publish("old", "", "a");
  const log::View view = stage.hub->log().view();
  const log::StartRequest each = log::NewestOfEach{};
  const auto answer = std::make_shared<PollAnswer>(
      stage.hub->log(), view, PollAnswer::Wanted{log::locate(view, each), each, 10},
      std::make_shared<hub::PollSearch>(*stage.hub, stage.loop(), nullptr, std::nullopt));
  REQUIRE(answer->look(view).is_found());
  const auto head = stage.publish("new", "", "a");
  std::string text;
  CHECK((*answer)(text, []() -> http::Resume { return {}; }) == http::Piece::kLast);
  const auto said = nlohmann::json::parse(text);
  CHECK(Stage::data_of(said) == std::vector<std::string>{"new"});
  CHECK(said.at("cursor") == id_text(head));
}

TEST_CASE("A poll of the newest of each that is overtaken in its search tells no gap",
          "[api][poll][budget]") {
  log::EventLog::Options log;
  log.segment_size = 65'536;
  log.retention.max_events = 20'000;
  Stage stage(log);
  for (int i = 0; i < 20'000; ++i) stage.publish("x", "", "t/" + std::to_string(i));
  test::Peer& peer = stage.connect();
  peer.send(get("since=each&topic=%2B/u"));
  stage.loop().turn();
  CHECK(peer.received().find("cursor") == std::string::npos);
  stage.publish("u", "", "t/u");
  for (int i = 0; i < 20'010; ++i) stage.publish("x", "", "t/" + std::to_string(i));
  for (int turns = 0; turns < 500; ++turns) stage.loop().turn();
  stage.settle();
  const auto answer = Stage::answer_of(peer);
  CHECK(answer.at("events").empty());  // what came after the poll is for the next one
  CHECK(answer.at("gap").is_null());
}

TEST_CASE("A poll that may wait searches first, then waits", "[api][poll][budget]") {
  Stage stage;
  publish_many(stage);
  test::Peer& peer = stage.connect();
  peer.send(get("since=earliest&topic=v/%2B&wait=10s"));
  for (int turns = 0; turns < 500; ++turns) stage.loop().turn();
  CHECK(peer.received().empty());
  CHECK(stage.hub->waiting() == 1);
  stage.publish("now", "", "v/1");
  stage.settle();
  CHECK(Stage::data_of(Stage::answer_of(peer)) == std::vector<std::string>{"now"});
}

TEST_CASE("Wanted events that lie far apart come in one response", "[api][poll][budget]") {
  Stage stage;
  std::vector<std::string> expected;
  for (int i = 0; i < 6000; ++i) {
    const bool is_wanted = i % 500 == 499;
    stage.publish(std::to_string(i), "", (is_wanted ? "w/" : "t/") + std::to_string(i));
    if (is_wanted) expected.push_back(std::to_string(i));
  }
  test::Peer& peer = stage.connect();
  peer.send(get("since=earliest&topic=w/%2B"));
  for (int turns = 0; turns < 2000; ++turns) stage.loop().turn();
  const auto answer = Stage::answer_of(peer);
  CHECK(Stage::data_of(answer) == expected);
  CHECK(answer.at("cursor") == id_text(stage.event_log->view().head_id()));
}

TEST_CASE("Many polls that search hold no turn: each turn serves others", "[api][poll][budget]") {
  Stage stage;
  publish_many(stage, 20'000);
  test::Peer& flood = stage.connect();
  for (int i = 0; i < 64; ++i) flood.send(get("since=earliest&type=message&topic=none/%2B"));
  std::vector<test::Peer*> many;
  for (int i = 0; i < 30; ++i) {
    many.push_back(&stage.connect());
    many.back()->send(get("since=earliest&topic=none/%2B"));
  }
  for (int i = 0; i < 20; ++i) {
    test::Peer& other = stage.connect("192.0.2.2:1");
    other.send(get(""));
    stage.loop().turn();
    CHECK(Stage::answer_of(other).at("events").empty());
  }
  CHECK(stage.hub->waiting() > 10);  // they were at it all the time
  for (int turns = 0; turns < 5000; ++turns) stage.loop().turn();
  for (auto* peer : many) CHECK(Stage::answer_of(*peer).at("events").empty());
  std::size_t answers = 0;
  const auto text = flood.take();
  for (auto at = text.find("HTTP/1.1 200 OK"); at != std::string::npos;
       at = text.find("HTTP/1.1 200 OK", at + 1)) {
    ++answers;
  }
  CHECK(answers == 64);
}

TEST_CASE("A peer that leaves takes its search along", "[api][poll][budget]") {
  Stage stage;
  publish_many(stage);
  test::Peer& peer = stage.connect();
  peer.send(get("since=earliest&topic=none/%2B"));
  stage.loop().turn();
  CHECK(stage.hub->waiting() == 1);
  peer.reset();
  for (int turns = 0; turns < 2; ++turns) stage.loop().turn();
  CHECK(stage.hub->waiting() == 0);
  CHECK(stage.state->open.all() == 0);
}

TEST_CASE("A search that retention overtakes tells the gap", "[api][poll][budget]") {
  Stage stage({.retention = {.max_events = 3001}});
  const auto first = stage.publish("first", "", "t/0");
  for (int i = 1; i < 3000; ++i) stage.publish("x", "", "t/" + std::to_string(i));
  const auto wanted = stage.publish("wanted", "", "u/1");
  test::Peer& peer = stage.connect();
  peer.send(get("after=" + id_text(first) + "&topic=u/%2B"));
  stage.loop().turn();
  CHECK(stage.hub->waiting() == 1);
  for (int i = 0; i < 3000; ++i) stage.publish("later", "", "t/" + std::to_string(i));
  for (int turns = 0; turns < 1000; ++turns) stage.loop().turn();
  const auto answer = Stage::answer_of(peer);
  CHECK(answer.at("cursor") == id_text(wanted));  // where the poll came in
  CHECK(Stage::data_of(answer) == std::vector<std::string>{"wanted"});
  const auto& gap = answer.at("gap");
  REQUIRE_FALSE(gap.is_null());
  CHECK(gap.at("reason") == "expired");
  CHECK(gap.at("missed").get<int>() > 0);
}

}  // namespace
}  // namespace sse::api
