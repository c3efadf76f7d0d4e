#include "sse/api/poll_route.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sse/api/poll_answer.h"

#include "api/poll_stage.h"

namespace sse::api {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Stage = PollStage;

TEST_CASE("A poll gives the events after a cursor, and the next cursor", "[api][poll]") {
  Stage stage;
  const auto first = stage.publish("one");
  const auto second = stage.publish("two\r\nlines \"quoted\"", "deploy", "ci/api");
  const auto answer = stage.ask("after=" + id_text(first));
  CHECK(answer == json{{"events",
                        {{{"id", id_text(second)},
                          {"type", "deploy"},
                          {"topic", "ci/api"},
                          {"data", "two\nlines \"quoted\""}}}},
                       {"cursor", id_text(second)},
                       {"gap", nullptr}});
  const auto next = stage.ask("after=" + answer.at("cursor").get<std::string>());
  CHECK(next.at("events").empty());
  CHECK(next.at("cursor") == id_text(second));
}

TEST_CASE("A first poll says where the stream is, also of an empty hub", "[api][poll]") {
  Stage stage;
  const auto origin = stage.ask("");
  CHECK(origin.at("events").empty());
  stage.publish("one");
  const auto answer = stage.ask("after=" + origin.at("cursor").get<std::string>());
  CHECK(Stage::data_of(answer) == std::vector<std::string>{"one"});
  CHECK(answer.at("gap").is_null());
}

TEST_CASE("A poll starts where a stream would", "[api][poll]") {
  Stage stage;
  std::vector<wire::EventId> ids;
  for (const char* text : {"1", "2", "3", "4"}) {
    ids.push_back(stage.publish(text));
    stage.clock.advance(1s);
  }
  using Texts = std::vector<std::string>;
  CHECK(Stage::data_of(stage.ask("since=earliest")) == Texts{"1", "2", "3", "4"});
  CHECK(Stage::data_of(stage.ask("since=-2")) == Texts{"3", "4"});
  CHECK(Stage::data_of(stage.ask("since=2s")) == Texts{"3", "4"});
  CHECK(Stage::data_of(stage.ask("last_event_id=" + id_text(ids[2]))) == Texts{"4"});
  test::Peer& peer = stage.connect();
  peer.send("GET /events?after=" + id_text(ids[0]) +
            " HTTP/1.1\r\nHost: h\r\nLast-Event-ID: " + id_text(ids[1]) + "\r\n\r\n");
  stage.loop().turn();
  CHECK(Stage::data_of(Stage::answer_of(peer)) == Texts{"3", "4"});
}

TEST_CASE("A filter hides events, and the cursor moves past them", "[api][poll]") {
  Stage stage;
  stage.publish("1", "a", "x/1");
  stage.publish("2", "b", "x/2");
  stage.publish("3", "a", "y");
  const auto last = stage.publish("4", "c", "z");
  const auto by_type = stage.ask("since=earliest&type=a");
  CHECK(Stage::data_of(by_type) == std::vector<std::string>{"1", "3"});
  CHECK(by_type.at("cursor") == id_text(last));
  CHECK(Stage::data_of(stage.ask("since=earliest&topic=x/%23")) ==
        std::vector<std::string>{"1", "2"});
  const auto none = stage.ask("since=earliest&topic=none");
  CHECK(none.at("events").empty());
  CHECK(none.at("cursor") == id_text(last));
}

TEST_CASE("Pages of any size together are all events, once and in order", "[api][poll]") {
  Stage stage;
  std::vector<std::string> expected;
  for (int i = 0; i < 100; ++i) {
    stage.publish(std::to_string(i), "", i % 3 == 0 ? "x" : "y");
    if (i % 3 == 0) expected.push_back(std::to_string(i));
  }
  for (const int limit : {1, 2, 7, 33, 34, 35, 1000}) {
    CAPTURE(limit);
    std::vector<std::string> got;
    std::string where = "since=earliest";
    for (;;) {
      const auto page = stage.ask(where + "&topic=x&limit=" + std::to_string(limit));
      const auto texts = Stage::data_of(page);
      CHECK(texts.size() <= static_cast<std::size_t>(limit));
      if (texts.empty()) break;
      got.insert(got.end(), texts.begin(), texts.end());
      where = "after=" + page.at("cursor").get<std::string>();
    }
    CHECK(got == expected);
  }
}

TEST_CASE("A position that is gone is told, and what there is comes with it", "[api][poll]") {
  Stage stage({.retention = {.max_events = 2}});
  const auto first = stage.publish("1");
  for (const char* text : {"2", "3", "4"}) stage.publish(text);
  const auto answer = stage.ask("after=" + id_text(first) + "&wait=10s");
  CHECK(Stage::data_of(answer) == std::vector<std::string>{"3", "4"});
  CHECK(answer.at("gap").at("requested") == id_text(first));
  CHECK(answer.at("gap").at("missed") == 1);
  CHECK(answer.at("gap").at("reason") == "expired");
  const auto other = stage.ask("after=nonsense&wait=10s&topic=none");
  CHECK(other.at("events").empty());
  CHECK(other.at("gap").at("missed").is_null());
  CHECK(other.at("gap").at("reason") == "unknown");
}

TEST_CASE("A poll of the newest of each has them in order, in pages too", "[api][poll]") {
  Stage stage;
  std::vector<wire::EventId> ids;
  for (const char* topic : {"a", "b", "a", "c", "d", "b"}) {
    ids.push_back(stage.publish(topic, "", topic));
  }
  using Texts = std::vector<std::string>;
  const auto all = stage.ask("since=each");
  CHECK(Stage::data_of(all) == Texts{"a", "c", "d", "b"});
  CHECK(all.at("cursor") == id_text(ids.back()));
  CHECK(all.at("gap").is_null());
  CHECK(Stage::data_of(stage.ask("since=each&topic=b&topic=c")) == Texts{"c", "b"});
  const auto page = stage.ask("since=each&limit=2");
  CHECK(Stage::data_of(page) == Texts{"a", "c"});
  CHECK(page.at("cursor") == id_text(ids[3]));
  stage.publish("d again", "", "d");
  const auto rest = stage.ask("since=each&after=" + page.at("cursor").get<std::string>());
  CHECK(Stage::data_of(rest) == Texts{"b", "d again"});
  const auto gone = stage.ask("since=each&after=nonsense");
  CHECK(Stage::data_of(gone) == Texts{"a", "c", "b", "d again"});
  CHECK(gone.at("gap").is_null());
}

TEST_CASE("A poll of the newest of each waits, and has the newest of what came", "[api][poll]") {
  Stage stage;
  const auto head = stage.publish("old", "", "a");
  test::Peer& peer = stage.connect();
  peer.send(get("since=each&wait=10s&after=" + id_text(head)));
  stage.settle();
  CHECK(peer.received().empty());
  for (const char* text : {"1", "2", "3"}) stage.publish(text, "", "a");
  stage.settle();
  const auto answer = Stage::answer_of(peer);
  CHECK(Stage::data_of(answer) == std::vector<std::string>{"3"});
  CHECK(answer.at("gap").is_null());
}

TEST_CASE("A poll of the newest of each that the log leaves behind tells no gap", "[api][poll]") {
  Stage stage({.retention = {.max_events = 2}});
  const auto head = stage.publish("old", "", "a");
  test::Peer& peer = stage.connect();
  peer.send(get("since=each&wait=10s&after=" + id_text(head)));
  stage.settle();
  for (const char* text : {"1", "2", "3", "4"}) stage.publish(text, "", text);
  stage.settle();
  const auto answer = Stage::answer_of(peer);
  CHECK(Stage::data_of(answer) == std::vector<std::string>{"3", "4"});
  CHECK(answer.at("gap").is_null());
}

TEST_CASE("A poll of the newest of each is refused while they cannot be told", "[api][poll]") {
  Stage stage({.retention = {}, .max_pairs = 2});
  for (const char* topic : {"a", "b", "c"}) stage.publish(topic, "", topic);
  test::Peer& peer = stage.connect();
  peer.send(get("since=each"));
  stage.settle();
  CHECK(peer.received().find("HTTP/1.1 507 ") == 0);
  CHECK(peer.received().find("--max-pairs") != std::string::npos);
}

TEST_CASE("A poll waits for the event that it wants", "[api][poll]") {
  Stage stage;
  test::Peer& peer = stage.connect();
  peer.send(get("wait=10s&topic=x"));
  stage.pass(5s);
  CHECK(peer.received().empty());
  CHECK(stage.hub->waiting() == 1);
  stage.publish("no", "", "y");
  stage.settle();
  CHECK(peer.received().empty());
  const auto id = stage.publish("yes", "", "x");
  const auto later = stage.publish("too", "", "x");  // in the same turn
  stage.settle();
  const auto answer = Stage::answer_of(peer);
  CHECK(Stage::data_of(answer) == std::vector<std::string>{"yes", "too"});
  CHECK(answer.at("events").at(0).at("id") == id_text(id));
  CHECK(answer.at("cursor") == id_text(later));
  CHECK(answer.at("gap").is_null());
  CHECK(stage.hub->waiting() == 0);
  CHECK_FALSE(peer.saw_end());
}

TEST_CASE("A poll that waited for nothing has a cursor behind what it did not want",
          "[api][poll]") {
  Stage stage;
  test::Peer& peer = stage.connect();
  peer.send(get("wait=10s&topic=x"));
  const auto other = stage.publish("no", "", "y");
  stage.pass(9'995ms);
  CHECK(peer.received().empty());
  stage.pass(5ms);
  const auto answer = Stage::answer_of(peer);
  CHECK(answer.at("events").empty());
  CHECK(answer.at("cursor") == id_text(other));
}

TEST_CASE("A poll with something to give does not wait; nor does HEAD", "[api][poll]") {
  Stage stage;
  stage.publish("one");
  CHECK(Stage::data_of(stage.ask("since=earliest&wait=10s")) == std::vector<std::string>{"one"});
  test::Peer& peer = stage.connect();
  peer.send(get("wait=10s", "HEAD"));
  stage.loop().turn();
  const auto received = peer.take();
  CHECK(received.find("HTTP/1.1 200 OK\r\n") == 0);
  CHECK(received.substr(received.size() - 4) == "\r\n\r\n");
}

TEST_CASE("A peer that leaves takes its wait along", "[api][poll]") {
  Stage stage;
  for (const bool breaks : {false, true}) {
    test::Peer& peer = stage.connect();
    peer.send(get("wait=10s"));
    CHECK(stage.hub->waiting() == 1);
    breaks ? peer.reset() : peer.finish();
    stage.settle();
    CHECK(stage.hub->waiting() == 0);
    CHECK(peer.is_closed());
    CHECK(stage.state->open.all() == 0);
    // Who only ended its side still gets an answer.
    CHECK((peer.received().find("\"events\":[]") != std::string::npos) != breaks);
  }
}

TEST_CASE("A drain answers polls that wait at once, and sends new ones away", "[api][poll]") {
  Stage stage;
  test::Peer& peer = stage.connect();
  peer.send(get("wait=60s"));
  const auto last = stage.publish("last");
  stage.hub->drain(1s, [] {});
  stage.settle();
  const auto answer = Stage::answer_of(peer);
  CHECK(Stage::data_of(answer) == std::vector<std::string>{"last"});
  test::Peer& late = stage.connect();
  late.send(get("wait=60s"));
  CHECK(late.take().find("HTTP/1.1 503") == 0);
  CHECK(stage.ask("since=-1&wait=60s").at("cursor") == id_text(last));
}

TEST_CASE("Events that expired while a poll waited are a gap", "[api][poll]") {
  Stage stage({.retention = {.max_events = 2}});
  test::Peer& peer = stage.connect();
  peer.send(get("wait=10s"));
  for (const char* text : {"1", "2", "3", "4"}) stage.publish(text);
  stage.settle();
  const auto answer = Stage::answer_of(peer);
  CHECK(Stage::data_of(answer) == std::vector<std::string>{"3", "4"});
  CHECK(answer.at("gap").at("missed") == 2);
}

TEST_CASE("What a poll passed without wanting it is not a gap when it expires", "[api][poll]") {
  Stage stage({.retention = {.max_events = 2}});
  test::Peer& peer = stage.connect();
  peer.send(get("wait=10s&topic=x"));
  for (int i = 0; i < 5; ++i) {
    stage.publish("no", "", "y");
    stage.settle();
  }
  CHECK(peer.received().empty());
  stage.publish("yes", "", "x");
  stage.settle();
  const auto answer = Stage::answer_of(peer);
  CHECK(Stage::data_of(answer) == std::vector<std::string>{"yes"});
  CHECK(answer.at("gap").is_null());
}

TEST_CASE("A big answer comes in pieces, holds nothing of the log, and ends where it is overtaken",
          "[api][poll]") {
  Stage stage({.retention = {.max_events = 400}});
  for (int i = 0; i < 400; ++i) stage.publish(std::to_string(i) + std::string(2'000, 'x'));
  test::Peer& peer = stage.connect();
  peer.set_room(100'000);
  peer.send(get("since=earliest&limit=1000"));
  stage.settle();
  SECTION("read whole") {
    peer.set_room(test::kUnlimited);
    stage.settle();
    CHECK(Stage::answer_of(peer).at("events").size() == 400);
  }
  SECTION("overtaken by retention") {
    for (int i = 0; i < 200; ++i) stage.publish("new");
    peer.set_room(test::kUnlimited);
    stage.settle();
    const auto answer = Stage::answer_of(peer);
    const auto& events = answer.at("events");
    REQUIRE(events.size() < 200);
    CHECK(answer.at("cursor") == events.back().at("id"));
    const auto next = stage.ask("after=" + answer.at("cursor").get<std::string>());
    CHECK(next.at("gap").at("missed") == 200 - events.size());
  }
}

TEST_CASE("An answer ends at its most bytes, and the next goes on there", "[api][poll]") {
  Stage stage;
  const std::string data(200'000, 'x');
  for (int i = 0; i < 60; ++i) stage.publish(data);
  std::size_t events = 0;
  std::string where = "since=earliest";
  for (int pages = 0; pages < 2; ++pages) {
    const auto page = stage.ask(where);
    events += page.at("events").size();
    CHECK(page.at("events").size() * data.size() < kMaxPollBytes + data.size());
    where = "after=" + page.at("cursor").get<std::string>();
  }
  CHECK(events == 60);
}

TEST_CASE("What a poll asks wrongly is 400, and named", "[api][poll]") {
  Stage stage;
  for (const std::string query : {"limit=0", "limit=10001", "limit=x", "wait=-1s", "wait=61s",
                                  "wait=soon", "topic=a/", "since=never", "metric=cpu"}) {
    CAPTURE(query);
    test::Peer& peer = stage.connect();
    peer.send(get(query));
    const auto received = peer.take();
    CHECK(received.find("HTTP/1.1 400") == 0);
    CHECK(received.find(query.substr(0, query.find('='))) != std::string::npos);
  }
}

TEST_CASE("A poll ends behind an event of until_type, and says so", "[api][poll][until]") {
  Stage stage;
  stage.publish("1", "piece", "jobs/42");
  stage.publish("2", "done", "jobs/41");
  const auto end = stage.publish("3", "done", "jobs/42");
  stage.publish("4", "piece", "jobs/42");
  using Texts = std::vector<std::string>;
  const std::string query = "topic=jobs/42&until_type=done&";
  const auto whole = stage.ask(query + "since=earliest");
  CHECK(Stage::data_of(whole) == Texts{"1", "3"});
  CHECK(whole.at("done") == true);
  CHECK(whole.at("cursor") == id_text(end));
  const auto first = stage.ask(query + "since=earliest&limit=1");
  CHECK(Stage::data_of(first) == Texts{"1"});
  CHECK(first.at("done") == false);
  const auto second = stage.ask(query + "limit=1&after=" + first.at("cursor").get<std::string>());
  CHECK(Stage::data_of(second) == Texts{"3"});
  CHECK(second.at("done") == true);
  const auto behind = stage.ask(query + "after=" + id_text(end) + "/done");
  CHECK(Stage::data_of(behind) == Texts{"4"});
  CHECK(behind.at("done") == false);
  const auto pieces = stage.ask("until_type=done&type=piece&since=earliest");
  CHECK(Stage::data_of(pieces) == Texts{"1", "2"});  // of any topic
  CHECK_FALSE(stage.ask("since=earliest&topic=jobs/42").contains("done"));
}

TEST_CASE("A poll that waits is answered at an event of until_type", "[api][poll][until]") {
  Stage stage;
  test::Peer& peer = stage.connect();
  peer.send(get("until_type=done&type=piece&wait=10s"));
  stage.settle();
  stage.publish("hidden", "other");
  stage.settle();
  CHECK(peer.received().empty());
  stage.publish("end", "done");
  stage.publish("more", "piece");
  stage.settle();
  const auto answer = Stage::answer_of(peer);
  CHECK(Stage::data_of(answer) == std::vector<std::string>{"end"});
  CHECK(answer.at("done") == true);
}

TEST_CASE("A poll with a done id in its header goes on behind the end", "[api][poll][until]") {
  Stage stage;
  const auto end = stage.publish("end", "done");
  stage.publish("more");
  test::Peer& peer = stage.connect();
  peer.send("GET /events HTTP/1.1\r\nHost: h\r\nLast-Event-ID: " + id_text(end) + "/done\r\n\r\n");
  stage.loop().turn();
  CHECK(Stage::data_of(Stage::answer_of(peer)) == std::vector<std::string>{"more"});
}

}  // namespace
}  // namespace sse::api
