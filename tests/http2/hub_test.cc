// The whole hub over HTTP/2: watching, polling, publishing, refusals, and streams of one connection
// that go at their own pace.

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/http2_peer.h"
#include "support/memory_hub.h"

namespace sse::server {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using test::Http2Answer;
using test::Http2Peer;
using test::MemoryHub;

MemoryHub::Options with_h2c(hub::HubOptions hub = {}) {
  MemoryHub::Options options;
  options.http.h2c = true;
  options.hub = hub;
  options.hub.heartbeat = 0s;
  return options;
}

struct Stage {
  explicit Stage(const MemoryHub::Options& options = with_h2c(), Http2Peer::Options windows = {})
      : hub(options), wire(hub.connect_from("192.0.2.1:1000")), peer(wire, windows) {}

  void talk(int rounds = 12) {
    for (int i = 0; i < rounds; ++i) {
      peer.exchange();
      for (int turn = 0; turn < 4; ++turn) hub.loop().turn();
    }
  }
  /// The answer to a request that ends.
  Http2Answer& ask(std::int32_t id) {
    talk();
    return peer.answer(id);
  }
  Http2Answer& publish(const std::string& body) { return ask(peer.post("/events", body)); }
  void wait(std::chrono::seconds time) {
    for (; time.count() > 0; time -= 1s) {
      for (int i = 0; i < 10; ++i) {
        hub.clock.advance(100ms);
        hub.loop().turn();
      }
      talk(2);
    }
  }
  /// As the operator reads it.
  std::string series(const std::string& name) {
    talk();
    test::Peer& operators = hub.connect();
    operators.send("GET /-/metrics HTTP/1.0\r\nHost: localhost\r\n\r\n");
    hub.settle();
    const std::string all = operators.take();
    const auto at = all.find("\n" + name + " ");
    if (at == std::string::npos) return "none";
    const auto begin = at + name.size() + 2;
    return all.substr(begin, all.find('\n', begin) - begin);
  }

  MemoryHub hub;
  test::Peer& wire;
  Http2Peer peer;
};

/// What stands behind `data: ` in each event of a stream.
std::vector<std::string> data_of(const std::string& stream) {
  std::vector<std::string> all;
  const std::string mark = "\ndata: ";
  for (auto at = stream.find(mark); at != std::string::npos; at = stream.find(mark, at + 1)) {
    const auto begin = at + mark.size();
    all.push_back(stream.substr(begin, stream.find('\n', begin) - begin));
  }
  return all;
}

std::string last_id_of(const std::string& stream) {
  const auto whole = stream.rfind("\n\n");
  const auto at = stream.rfind("\nid: ", whole);
  const auto begin = at + 5;
  return stream.substr(begin, stream.find('\n', begin) - begin);
}

TEST_CASE("Watching, publishing and polling work over HTTP/2", "[server][two]") {
  Stage stage;
  const auto stream = stage.peer.get("/events/watch", {{"accept", "text/event-stream"}});
  stage.talk();
  const auto& head = stage.peer.answer(stream);
  CHECK(head.status == "200");
  CHECK(head.field("content-type") == "text/event-stream");
  CHECK(head.field("connection").empty());
  CHECK(stage.publish(R"({"type":"deploy","topic":"ci/api","data":1})").status == "201");
  CHECK(stage.publish(R"({"data":2})").status == "201");
  CHECK(data_of(stage.peer.answer(stream).body) == std::vector<std::string>{"1", "2"});
  const auto poll = stage.peer.get("/events?since=earliest&topic=ci/%23");
  CHECK_THAT(stage.ask(poll).body, Contains(R"("topic":"ci/api")"));
  const auto waits = stage.peer.get("/events?wait=10s");
  stage.talk();
  CHECK(stage.peer.answer(waits).status.empty());
  stage.publish(R"({"data":3})");
  CHECK_THAT(stage.ask(waits).body, Contains("3"));
  CHECK(stage.series("sse_http2_connections_open") == "1");
  CHECK(stage.series("sse_http2_streams_open") == "1");
}

TEST_CASE("Refusals over HTTP/2 are those of HTTP/1", "[server][two]") {
  Stage stage;
  const auto status = [&](std::int32_t id) { return stage.ask(id).status; };
  CHECK(status(stage.peer.get("/missing")) == "404");
  CHECK(status(stage.peer.post("/events", "no json")) == "400");
  CHECK(status(stage.peer.request({{":method", "DELETE"},
                                   {":scheme", "http"},
                                   {":authority", "localhost"},
                                   {":path", "/events"}})) == "405");
  CHECK(status(stage.peer.request({{":method", "GET"},
                                   {":scheme", "http"},
                                   {":authority", "evil.example"},
                                   {":path", "/events"}})) == "403");
  const auto head = stage.peer.request({{":method", "HEAD"},
                                        {":scheme", "http"},
                                        {":authority", "localhost"},
                                        {":path", "/events/watch"}});
  CHECK(status(head) == "200");
  CHECK(stage.peer.answer(head).ended);
}

TEST_CASE("Of a hundred streams of one connection one is slow, and no other waits for it",
          "[server][two]") {
  constexpr int kStreams = 100;
  constexpr int kEvents = 120;
  Stage stage(with_h2c(), {65'535, 8 << 20});
  std::vector<std::int32_t> ids;
  for (int i = 0; i < kStreams; ++i) ids.push_back(stage.peer.get("/events/watch"));
  stage.talk();
  const auto slow = ids[17];
  stage.peer.stop_reading(slow);
  const std::string filler(1000, 'x');
  std::vector<std::string> wanted;
  for (int i = 0; i < kEvents; ++i) {
    wanted.push_back(std::to_string(i) + filler);
    REQUIRE(stage.publish(R"({"data":")" + wanted.back() + "\"}").status == "201");
  }
  for (const auto id : ids) {
    const bool is_whole = data_of(stage.peer.answer(id).body) == wanted;
    CHECK(is_whole == (id != slow));
  }
  auto& cut = stage.peer.answer(slow);
  CHECK_FALSE(cut.reset_with);
  CHECK(data_of(cut.body).size() < 70);
  stage.wait(60s);
  CHECK(cut.reset_with == 8U);
  CHECK_FALSE(cut.ended);
  CHECK(stage.series("sse_streams_closed_total{reason=\"slow\"}") == "1");
  CHECK_FALSE(stage.peer.goaway());
  // It resumes exactly where its last whole event ended.
  const auto whole = cut.body.substr(0, cut.body.rfind("\n\n") + 2);
  const auto again = stage.peer.get("/events/watch", {{"last-event-id", last_id_of(whole)}});
  stage.talk(40);
  auto all = data_of(whole);
  for (const auto& data : data_of(stage.peer.answer(again).body)) all.push_back(data);
  const bool is_exact = all == wanted;
  CHECK(is_exact);
}

TEST_CASE("A stream that holds the window of its connection is closed as slow", "[server][two]") {
  Stage stage(with_h2c(), {600'000, 2'000'000});
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(stage.peer.get("/events/watch?topic=" + std::to_string(i)));
  }
  stage.talk();
  for (int i = 0; i < 4; ++i) stage.peer.stop_reading(ids[static_cast<std::size_t>(i)]);
  const std::string filler(50'000, 'x');
  const auto publish_to = [&](int topic) {
    stage.publish(R"({"topic":")" + std::to_string(topic) + R"(","data":")" + filler + "\"}");
  };
  for (int event = 0; event < 14; ++event) {
    for (int i = 0; i < 4; ++i) publish_to(i);
  }
  for (int event = 0; event < 8; ++event) publish_to(4);
  CHECK(data_of(stage.peer.answer(ids[4]).body).size() < 8);
  stage.wait(5s);
  CHECK(data_of(stage.peer.answer(ids[4]).body).size() == 8);
  CHECK(stage.series("sse_streams_closed_total{reason=\"slow\"}") == "1");
  CHECK(stage.series("sse_http2_resets_total{reason=\"slow\"}") == "1");
}

TEST_CASE("A peer has --max-per-peer streams, on however many connections", "[server][two]") {
  hub::HubOptions hub;
  hub.max_per_peer = 3;
  Stage stage(with_h2c(hub));
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(stage.peer.get("/events/watch"));
  stage.talk();
  int refused = 0;
  for (const auto id : ids) refused += stage.peer.answer(id).status == "200" ? 0 : 1;
  CHECK(refused == 2);
}

TEST_CASE("A peer that cancels a stream ends the subscriber alone", "[server][two]") {
  Stage stage;
  const auto one = stage.peer.get("/events/watch");
  const auto other = stage.peer.get("/events/watch");
  stage.talk();
  CHECK(stage.series("sse_streams_open") == "2");
  stage.peer.reset(one);
  CHECK(stage.series("sse_streams_open") == "1");
  stage.publish(R"({"data":1})");
  CHECK(data_of(stage.peer.answer(other).body) == std::vector<std::string>{"1"});
}

TEST_CASE("Streams that drain are told when to come back, and end whole", "[server][two]") {
  Stage stage;
  const auto id = stage.peer.get("/events/watch");
  stage.talk();
  bool is_done = false;
  stage.hub.hub.drain(5s, [&] { is_done = true; });
  stage.talk();
  CHECK_THAT(stage.peer.answer(id).body, Contains("sse.closing"));
  CHECK(stage.peer.answer(id).ended);
  CHECK_FALSE(stage.peer.answer(id).reset_with);
  CHECK(is_done);
}

}  // namespace
}  // namespace sse::server
