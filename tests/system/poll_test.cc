#include <signal.h>

#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/http2_relay.h"
#include "support/program.h"
#include "support/raw_http.h"

// docs/stream.md, "Polling": GET /events, asked of the real hub.

namespace sse::test {
namespace {

using nlohmann::json;

/// Polls on one keep-alive connection.
class Poller {
 public:
  explicit Poller(const HubProgram& hub, std::string filter = {})
      : connection_(hub.port()), filter_(std::move(filter)) {}

  /// Asks for what comes after the last cursor; read() gets the answer.
  void ask(const std::string& more) {
    connection_.send("GET /events?" + more + filter_ +
                     (cursor_.empty() ? "" : "&after=" + cursor_) +
                     " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  json read() {
    const auto answer = read_answer(connection_);
    REQUIRE(answer.status == 200);
    const auto body = json::parse(answer.body);
    cursor_ = body.at("cursor");
    return body;
  }
  json poll(const std::string& more) {
    ask(more);
    return read();
  }

  RawConnection& connection() { return connection_; }

 private:
  RawConnection connection_;
  const std::string filter_;
  std::string cursor_;
};

void publish(const HubProgram& hub, const std::string& topic, int number) {
  const auto answer =
      request(hub.port(), "POST", "/events",
              R"({"topic":")" + topic + R"(","data":)" + std::to_string(number) + "}");
  if (answer.status != 201) throw std::runtime_error("not published: " + answer.body);
}

TEST_CASE("Poll by poll, nothing is missed and nothing comes twice while many publish",
          "[system][poll]") {
  constexpr int kPublishers = 8;
  constexpr int kEach = 100;
  const HubProgram hub;
  Poller all(hub);
  Poller one(hub, "&topic=p/3");
  REQUIRE(all.poll("").at("events").empty());
  REQUIRE(one.poll("").at("events").empty());

  std::vector<std::thread> publishers;
  for (int p = 0; p < kPublishers; ++p) {
    publishers.emplace_back([&hub, p] {
      for (int n = 0; n < kEach; ++n) publish(hub, "p/" + std::to_string(p), n);
    });
  }
  std::map<std::string, int> next;  // by topic
  int total = 0;
  for (Poller* poller : {&all, &one}) {
    const int expected = poller == &all ? kPublishers * kEach : kEach;
    next.clear();
    for (total = 0; total < expected;) {
      const auto answer = poller->poll("limit=7&wait=30s");
      REQUIRE(answer.at("gap").is_null());
      REQUIRE_FALSE(answer.at("events").empty());
      for (const auto& event : answer.at("events")) {
        const std::string number = event.at("data");
        CHECK(number == std::to_string(next[event.at("topic")]++));
        ++total;
      }
    }
    CHECK(total == expected);
    CHECK(poller->poll("").at("events").empty());
  }
  for (auto& publisher : publishers) publisher.join();
}

TEST_CASE("A poll that waits ends with the event that it wants, with its time, and with the hub",
          "[system][poll]") {
  HubProgram hub({"--threads", "1"});
  Poller poller(hub, "&topic=wanted");
  CHECK(poller.poll("wait=20ms").at("events").empty());

  poller.ask("wait=60s");
  publish(hub, "other", 1);
  publish(hub, "wanted", 2);
  const auto answer = poller.read();
  REQUIRE(answer.at("events").size() == 1);
  CHECK(answer.at("events").at(0).at("data") == "2");

  publish(hub, "other", 3);
  const auto none = poller.poll("wait=20ms");
  CHECK(none.at("events").empty());
  CHECK(none.at("cursor") != answer.at("cursor"));  // it has moved past what was not wanted

  Poller waiting(hub, "&topic=wanted");
  waiting.poll("");
  waiting.ask("wait=60s");
  const auto waits = [&] {
    const auto series = request(hub.port(), "GET", "/-/metrics").body;
    return series.find("\nsse_polls_waiting 1\n") != std::string::npos;
  };
  wait_until(waits, "the poll waits");
  hub.program().signal(SIGTERM);
  CHECK(waiting.read().at("events").empty());
  CHECK((wants_http2() || waiting.connection().is_at_end()));  // a relay keeps its own open
  CHECK(hub.program().wait() == 0);
}

TEST_CASE("Polls whose peers hang up leave no descriptor behind", "[system][poll]") {
  const HubProgram hub({"--max-connections", "20"});
  for (int round = 0; round < 10; ++round) {
    {
      std::vector<RawConnection> connections;
      for (int i = 0; i < 15; ++i) {
        connections.emplace_back(hub.port());
        connections.back().send("GET /events?wait=60s HTTP/1.1\r\nHost: localhost\r\n\r\n");
      }
      for (int i = 0; i < 15; i += 2) connections[static_cast<std::size_t>(i)].reset();
    }
    // Were they to stay, the next round would find no room.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (request(hub.port(), "GET", "/-/healthz").status != 200) {
      REQUIRE(std::chrono::steady_clock::now() < deadline);
    }
  }
}

TEST_CASE("A position that a poll asks for and that is gone is a gap", "[system][poll]") {
  const HubProgram hub({"--max-log-events", "3"});
  Poller poller(hub);
  poller.poll("");
  for (int i = 0; i < 5; ++i) publish(hub, "x", i);
  const auto answer = poller.poll("wait=60s");
  CHECK(answer.at("gap").at("missed") == 2);
  CHECK(answer.at("gap").at("reason") == "expired");
  CHECK(answer.at("gap").at("oldest") == answer.at("events").at(0).at("id"));
  CHECK(answer.at("events").size() == 3);
}

TEST_CASE("A repeated POST is answered from what is kept, and makes no second event",
          "[system][idempotency]") {
  const HubProgram hub({"--idempotency-window", "1h"});
  const auto post = [&](const std::string& target, const std::string& body, const std::string& key,
                        const std::string& fields = {}) {
    return request(hub.port(), "POST", target, body,
                   (key.empty() ? "" : "Idempotency-Key: " + key + "\r\n") + fields);
  };
  const std::string event = R"({"type":"t","data":1})";
  const auto first = post("/events", event, "\"one\"");
  CHECK(first.status == 201);
  CHECK(first.header("Idempotency-Replayed").empty());
  const auto again = post("/events", event, "one");
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(again.header("SSE-Event-Id") == first.header("SSE-Event-Id"));
  CHECK(again.header("Idempotency-Replayed") == "true");
  CHECK(post("/events", R"({"data":2})", "one").status == 422);
  CHECK(post("/events?x=y", event, "one").status == 422);
  CHECK(post("/metrics", event, "one").status == 422);
  CHECK(post("/events", event, "two words").status == 400);

  const std::string ndjson = "Content-Type: application/x-ndjson\r\n";
  const auto batch = post("/events", "{\"data\":1}\noops\n{\"data\":2}\n", "batch", ndjson);
  CHECK(batch.status == 200);
  CHECK(post("/events", "{\"data\":1}\noops\n{\"data\":2}\n", "batch", ndjson).body == batch.body);
  const auto metric = post("/metrics", R"({"name":"cpu"})", "metric");
  CHECK(post("/metrics", R"({"name":"cpu"})", "metric").body == metric.body);
  const std::string reading =
      R"([{"metric_id":)" + json::parse(metric.body).at("id").dump() + R"(,"value":3}])";
  const auto readings = post("/metrics/readings", reading, "readings");
  CHECK(readings.status == 200);
  CHECK(post("/metrics/readings", reading, "readings").body == readings.body);

  // What failed may be tried again, with what was wrong put right.
  CHECK(post("/events", "nonsense", "fails").status == 400);
  CHECK(post("/events", R"({"data":3})", "fails").status == 201);

  const auto all = json::parse(request(hub.port(), "GET", "/events?since=earliest").body);
  CHECK(all.at("events").size() == 6);  // one, two of the batch, metric, reading, and the last
  CHECK(json::parse(request(hub.port(), "GET", "/metrics").body).size() == 1);
}

}  // namespace
}  // namespace sse::test
