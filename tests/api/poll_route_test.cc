#include "sse/api/poll_route.h"

#include <deque>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sse/api/poll_answer.h"
#include "sse/http/connection_set.h"
#include "sse/metrics/metric_events.h"

#include "support/catch.h"
#include "support/hub_stage.h"

namespace sse::api {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// The head of a poll for this query.
std::string get(const std::string& query, const std::string& method = "GET") {
  return method + " /events" + (query.empty() ? "" : "?" + query) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

/// A hub and its polls on one hand-turned loop, with real connections on sockets in memory.
struct Stage : test::HubStage {
  explicit Stage(log::EventLog::Options log = {}) : HubStage({}, log) { route.add_to(router); }
  ~Stage() { set.reset(); }  // connections end before the peers

  test::Peer& connect() {
    if (!set)
      set.emplace(loop(), *(state = std::make_unique<http::ServerState>(
                                clock, router, http::ServerOptions{}, http::ServerHooks{})));
    test::Peer& peer = peers.emplace_back();
    set->count_dealt();
    set->adopt(std::make_unique<test::MemorySocket>(peer));
    return peer;
  }

  /// The answer to a poll that does not wait, or has waited long enough.
  json ask(const std::string& query) {
    test::Peer& peer = connect();
    peer.send(get(query));
    settle();
    return answer_of(peer);
  }

  static json answer_of(test::Peer& peer) {
    const std::string received = peer.take();
    CAPTURE(received.substr(0, 500));
    REQUIRE(received.find("HTTP/1.1 200 OK\r\n") == 0);
    CHECK(received.find("Cache-Control: no-store\r\n") != std::string::npos);
    std::string body = received.substr(received.find("\r\n\r\n") + 4);
    if (received.find("Transfer-Encoding: chunked\r\n") != std::string::npos) body = unchunk(body);
    return json::parse(body);
  }

  static std::string unchunk(const std::string& body) {
    std::string text;
    for (std::size_t at = 0; at < body.size();) {
      const auto size = std::stoul(body.substr(at, 8), nullptr, 16);
      const auto begin = body.find("\r\n", at) + 2;
      text += body.substr(begin, size);
      at = begin + size + 2;
    }
    return text;
  }

  static std::vector<std::string> data_of(const json& answer) {
    std::vector<std::string> texts;
    for (const auto& event : answer.at("events")) texts.push_back(event.at("data"));
    return texts;
  }

  const TopicParameters parameters{{"metric", metrics::topic_of_metric}};
  PollRoute route{*hub, clock, parameters};
  http::Router router;
  std::unique_ptr<http::ServerState> state;
  std::optional<http::ConnectionSet> set;
};

std::string id_text(const wire::EventId& id) {
  return to_string(id);
}

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
    CHECK(stage.state->open == 0);
    // Who only ended its side still gets an answer.
    CHECK((peer.received().find("\"events\":[]") != std::string::npos) != breaks);
  }
}

TEST_CASE("A drain answers those who wait at once, and sends new ones away", "[api][poll]") {
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

TEST_CASE("What a poll passed without wanting it is no gap when it expires", "[api][poll]") {
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
    test::Peer& other = stage.connect();
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
  CHECK(stage.hub->waiting() == 1);
  peer.reset();
  for (int turns = 0; turns < 2; ++turns) stage.loop().turn();
  CHECK(stage.hub->waiting() == 0);
  CHECK(stage.state->open == 0);
}

TEST_CASE("A search that retention overtakes tells the gap", "[api][poll][budget]") {
  Stage stage({.retention = {.max_events = 3001}});
  const auto first = stage.publish("first", "", "t/0");
  for (int i = 1; i < 3000; ++i) stage.publish("x", "", "t/" + std::to_string(i));
  const auto wanted = stage.publish("wanted", "", "u/1");
  test::Peer& peer = stage.connect();
  peer.send(get("after=" + id_text(first) + "&topic=u/%2B"));
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

}  // namespace
}  // namespace sse::api
