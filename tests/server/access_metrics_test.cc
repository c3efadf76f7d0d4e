// Grants by the names of metrics.

#include <string>
#include <string_view>

#include "server/access_stage.h"

namespace sse::server {
namespace {

using namespace std::chrono_literals;

/// Two metrics, of which a token may read one by its name.
struct Metrics : Stage {
  void record(const std::string& id, const std::string& value) {
    REQUIRE(status("POST /metrics/readings", "all",
                   R"({"metric_id":")" + id + R"(","value":)" + value + "}") == 201);
  }
  void remove(const std::string& id) { REQUIRE(status("DELETE /metrics/" + id, "all") == 204); }

  const std::string cpu = create_metric("cpu.user");
  const std::string memory = create_metric("memory");
};

std::string text_of(const Peer& peer) {
  return test::read_stream(peer.received()).text;
}

TEST_CASE("A grant by the name of a metric reads its events, and of metrics that come later",
          "[access][metrics]") {
  Metrics stage;
  Peer& live = stage.send("GET /events/watch", "cpu");
  stage.record(stage.cpu, "11.25");
  stage.record(stage.memory, "22.5");
  stage.publish("ci/web", "hidden");
  stage.publish("", "hidden");
  const auto idle = stage.create_metric("cpu.idle");
  stage.record(idle, "33.75");
  stage.remove(stage.cpu);
  stage.remove(stage.memory);
  const auto stream = test::read_stream(live.received());
  CHECK_THAT(stream.head, Contains("SSE-Topics: metric:cpu*\r\n"));
  CHECK_THAT(stream.text, Contains(": topic metric:cpu*\n") && Contains("11.25") &&
                              Contains("cpu.idle") && Contains("33.75") &&
                              Contains("event: metric_deleted\ndata: {\"id\":\"" + stage.cpu) &&
                              !Contains(stage.memory) && !Contains("hidden"));
}

TEST_CASE("The same events are replayed, polled, conflated, and the newest of each",
          "[access][metrics]") {
  Metrics stage;
  stage.record(stage.cpu, "11.25");
  stage.record(stage.memory, "22.5");
  const auto gone = stage.create_metric("cpu.gone");
  stage.record(gone, "33.75");
  stage.remove(gone);
  for (const auto* path :
       {"/events/watch?since=earliest", "/events/watch?since=each",
        "/events/watch?since=earliest&every=20ms", "/events/watch?since=earliest&topic=metrics/%2B",
        "/events?since=earliest", "/events?since=earliest&type=metric_*"}) {
    CAPTURE(path);
    Peer& peer = stage.send(std::string("GET ") + path, "cpu");
    stage.hub.pass(100ms);
    CHECK_THAT(peer.received(), Contains("SSE-Topics: metric:cpu*\r\n") && Contains("cpu.user") &&
                                    Contains("11.25") && Contains("33.75") &&
                                    Contains("metric_deleted") && !Contains(stage.memory));
  }
  // Behind a foreign position.
  stage.record(stage.memory, "22.5");
  const auto all = stage.ask("GET /events?since=earliest&limit=3", "all");
  const auto at = all.rfind(R"({"id":")");
  REQUIRE(at != std::string::npos);
  const auto behind =
      stage.ask("GET /events", "cpu", "", "Last-Event-ID: " + all.substr(at + 7, 36) + "\r\n");
  CHECK_THAT(behind, Contains(" 200 ") && Contains("33.75") && !Contains(stage.memory));
}

TEST_CASE("One metric is read by its id where its name is granted", "[access][metrics]") {
  Metrics stage;
  const std::string unknown = "00000000-0000-7000-8000-000000000000";
  for (const auto* path : {"/events/watch?since=earliest&metric=", "/events?since=earliest&metric=",
                           "/events?since=earliest&topic=metrics/", "/metrics/"}) {
    CAPTURE(path);
    const auto ask = [&](const std::string& id) { return stage.ask("GET " + (path + id), "cpu"); };
    CHECK_THAT(ask(stage.cpu),
               Contains(" 200 ") && Contains("cpu.user") && !Contains("SSE-Topics"));
    CHECK_THAT(ask(stage.memory),
               Contains(" 403 ") && Contains("may not subscribe to metrics/" + stage.memory +
                                             "; granted: metric:cpu*"));
    CHECK_THAT(ask(unknown), Contains(" 403 "));
  }
  CHECK(stage.status("GET /events?topic=ci/x", "cpu") == 403);
  CHECK(stage.status("GET /events?topic=ci/%23", "cpu") == 403);
}

TEST_CASE("A poll waits for the metrics that are granted by name", "[access][metrics]") {
  Metrics stage;
  Peer& peer = stage.send("GET /events?wait=30s", "cpu");
  stage.record(stage.memory, "22.5");
  CHECK(peer.received().empty());
  stage.record(stage.cpu, "11.25");
  CHECK_THAT(peer.received(), Contains(" 200 ") && Contains("11.25") && !Contains("22.5"));
}

TEST_CASE("Grants by name and by topic go together", "[access][metrics]") {
  const auto tokens = [](const std::string& grants) {
    return kTokens + row("both", "subscribe = [" + grants + "]");
  };
  Stage stage(tokens("\"metric:cpu*\", \"ci/#\""));
  const auto cpu = stage.create_metric("cpu");
  stage.create_metric("memory");
  stage.publish("ci/web", "seen");
  stage.publish("other", "hidden");
  CHECK_THAT(stage.ask("GET /events?since=earliest", "both"),
             Contains("SSE-Topics: ci/#, metric:cpu*\r\n") && Contains("seen") && Contains(cpu) &&
                 !Contains("memory") && !Contains("hidden"));
  Stage wide(tokens("\"metric:cpu*\", \"metrics/#\""));
  wide.create_metric("memory");
  CHECK_THAT(wide.ask("GET /events?since=earliest", "both"),
             Contains("SSE-Topics: metrics/#\r\n") && Contains("memory"));
}

TEST_CASE("A ticket reads the metrics that its principal may read by name", "[access][metrics]") {
  Metrics stage;
  const auto open = [&](const std::string& topics) -> Peer& {
    const auto made = stage.ask("POST /tickets", "cpu", topics);
    const auto at = made.find("/events/watch?ticket=");
    REQUIRE(at != std::string::npos);
    return stage.send("GET " + made.substr(at, made.find('"', at) - at), "");
  };
  Peer& every = open("{}");
  Peer& one = open(R"({"topics":["metrics/)" + stage.cpu + "\"]}");
  const auto idle = stage.create_metric("cpu.idle");
  stage.record(stage.cpu, "11.25");
  stage.record(stage.memory, "22.5");
  CHECK_THAT(text_of(every), Contains("11.25") && Contains(idle) && !Contains("22.5"));
  CHECK_THAT(text_of(one), Contains("11.25") && !Contains(idle) && !Contains("22.5"));
  CHECK(stage.status("POST /tickets", "cpu", R"({"topics":["metrics/)" + stage.memory + "\"]}") ==
        403);
}

}  // namespace
}  // namespace sse::server
