// The whole hub on a journal that answers 200 ms later: what publishes waits, nothing else does.

#include "support/late_journal.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "sse/base/ip_address.h"

#include "support/catch.h"
#include "support/memory_hub.h"

namespace sse::server {
namespace {

using std::chrono::milliseconds;
using test::LateJournal;
using test::MemoryHub;
using test::Peer;

constexpr milliseconds kLatency{200};

struct Site {
  Site() : hub(options()) { late().latency = kLatency; }

  static MemoryHub::Options options() {
    MemoryHub::Options options;
    options.make_journal = [](const log::MemoryJournal::Options& wanted, const Clock& clock) {
      auto journal = std::make_unique<LateJournal>(wanted, clock);
      journal->keeps_repeats = true;
      return journal;
    };
    return options;
  }

  LateJournal& late() { return static_cast<LateJournal&>(hub.journal); }

  Peer& send(const std::string& method, const std::string& target, const std::string& body = {},
             const std::string& fields = {}) {
    Peer& peer = hub.connect();
    peer.send(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
              (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") +
              "\r\n" + body);
    hub.settle();
    return peer;
  }

  /// Time passes, and what is due is committed.
  void pass(milliseconds time) {
    for (milliseconds step{10}; time.count() > 0; time -= step) {
      hub.clock.advance(step);
      late().commit_due();
      hub.settle();
    }
  }

  std::string make_metric(const std::string& name) {
    Peer& peer = send("POST", "/metrics", R"({"name":")" + name + "\"}");
    pass(kLatency);
    return nlohmann::json::parse(body_of(peer)).at("id");
  }

  static bool is_answered(const Peer& peer) { return !peer.received().empty(); }
  static std::string body_of(const Peer& peer) {
    const std::string text = peer.received();
    return text.substr(text.find("\r\n\r\n") + 4);
  }
  static int status_of(const Peer& peer) {
    return is_answered(peer) ? std::stoi(peer.received().substr(9, 3)) : 0;
  }

  MemoryHub hub;
};

std::string reading_of(const std::string& metric) {
  return R"({"metric_id":")" + metric + R"(","value":3})";
}

TEST_CASE("A POST waits for its commit, and everything else does not", "[server][late]") {
  Site site;
  const std::string cpu = site.make_metric("cpu");
  Peer& stream = site.send("GET", "/events/watch");
  Peer& poll = site.send("GET", "/events?since=latest&wait=10s");
  const auto of_stream = stream.received_bytes();

  Peer& post = site.send("POST", "/metrics/readings", reading_of(cpu));
  site.pass(kLatency - milliseconds(20));
  CHECK_FALSE(Site::is_answered(post));
  CHECK(stream.received_bytes() == of_stream);
  CHECK_FALSE(Site::is_answered(poll));
  CHECK(Site::status_of(site.send("GET", "/metrics/" + cpu + "/readings")) == 200);
  CHECK(Site::status_of(site.send("GET", "/events")) == 200);
  CHECK(Site::status_of(site.send("GET", "/-/readyz")) == 200);
  Peer& other = site.send("GET", "/events/watch", {}, "Last-Event-ID: x\r\n");
  CHECK(Site::status_of(other) == 200);

  site.pass(milliseconds(40));
  CHECK(Site::status_of(post) == 201);
  CHECK(stream.received().find("event: metric_reading_created") != std::string::npos);
  CHECK(Site::status_of(poll) == 200);
  CHECK(poll.received().find("metric_reading_created") != std::string::npos);
}

TEST_CASE("A snapshot never shows a row without its event, nor an event without its row",
          "[server][late]") {
  Site site;
  const std::string cpu = site.make_metric("cpu");
  for (int i = 0; i < 4; ++i) {
    site.send("POST", "/metrics/readings", reading_of(cpu));
    site.pass(milliseconds(70));
    const auto at = site.hub.store.snapshot();
    const auto rows = site.hub.store.list_readings(at, *parse_uuid(cpu), {{}, {}, 100});
    REQUIRE(rows);
    CHECK(rows->size() == at.sequence - 1);  // the metric's own event is the first
    CHECK(site.hub.store.reading_count() == at.sequence - 1);
  }
}

TEST_CASE("Of two that create a missing metric while the first is on its way, both get the first",
          "[server][late]") {
  Site site;
  constexpr const char* kBody = R"({"name":"cpu","if_missing":true})";
  Peer& first = site.send("POST", "/metrics", kBody);
  Peer& second = site.send("POST", "/metrics", kBody);
  CHECK_FALSE(Site::is_answered(second));
  site.pass(kLatency);
  CHECK(Site::status_of(first) == 201);
  CHECK(Site::status_of(second) == 200);
  CHECK(Site::body_of(first) == Site::body_of(second));
}

TEST_CASE("A metric whose creation is rolled back is created by the next that wanted it",
          "[server][late]") {
  Site site;
  constexpr const char* kBody = R"({"name":"cpu","if_missing":true})";
  Peer& first = site.send("POST", "/metrics", kBody);
  Peer& second = site.send("POST", "/metrics", kBody);
  site.late().fail({ErrorCode::kFull, "the disk of the hub is full"});
  site.hub.settle();
  CHECK(Site::status_of(first) == 507);
  CHECK_FALSE(Site::is_answered(second));
  site.pass(kLatency);
  CHECK(Site::status_of(second) == 201);
  CHECK(site.hub.store.metric_count() == 1);
}

TEST_CASE("A DELETE and a reading of that metric in one commit", "[server][late]") {
  Site site;
  const std::string cpu = site.make_metric("cpu");
  Peer& deleted = site.send("DELETE", "/metrics/" + cpu);
  Peer& reading = site.send("POST", "/metrics/readings", reading_of(cpu));
  CHECK_FALSE(Site::is_answered(reading));
  site.pass(kLatency);
  CHECK(Site::status_of(deleted) == 204);
  CHECK(Site::status_of(reading) == 404);
  CHECK(site.hub.store.reading_count() == 0);
}

TEST_CASE("An outcome that is not known is 504, for one and for a batch", "[server][late]") {
  Site site;
  const std::string cpu = site.make_metric("cpu");
  const Error unknown{ErrorCode::kUnknown, "it may have been taken; ask again with the same key"};
  Peer& one = site.send("POST", "/events", R"({"data":1})", "Idempotency-Key: \"k\"\r\n");
  Peer& many = site.send("POST", "/metrics/readings", "[" + reading_of(cpu) + "]");
  site.late().fail(unknown);
  site.late().fail(unknown);
  site.hub.settle();
  CHECK(Site::status_of(one) == 504);
  CHECK(Site::status_of(many) == 504);
  CHECK(one.received().find("may have been taken") != std::string::npos);
  // Nothing will tell whether it was taken: a repeat does not publish it a second time.
  Peer& again = site.send("POST", "/events", R"({"data":1})", "Idempotency-Key: \"k\"\r\n");
  site.pass(kLatency);
  CHECK(Site::status_of(again) == 504);
  CHECK(site.hub.log.head() == 1);
}

TEST_CASE("A key whose 504 came early is in flight, and then has the answer of its commit",
          "[server][late]") {
  Site site;
  constexpr const char* kKey = "Idempotency-Key: \"k\"\r\n";
  const bool is_batch = GENERATE(false, true);
  const bool is_kept = GENERATE(true, false);
  CAPTURE(is_batch, is_kept);
  const std::string body = is_batch ? R"([{"data":1},{"data":2}])" : R"({"data":1})";
  Peer& first = site.send("POST", "/events", body, kKey);
  site.late().answer_early();
  site.hub.settle();
  CHECK(Site::status_of(first) == 504);
  Peer& early = site.send("POST", "/events", body, kKey);
  CHECK(Site::status_of(early) == 409);
  CHECK(early.received().find("Retry-After: 1") != std::string::npos);
  if (is_kept) {
    site.pass(kLatency);
    const auto head = site.hub.log.head();
    Peer& again = site.send("POST", "/events", body, kKey);
    CHECK(Site::status_of(again) == (is_batch ? 200 : 201));
    CHECK(again.received().find("Idempotency-Replayed: true") != std::string::npos);
    CHECK(again.received().find(is_batch ? R"("accepted":2)" : R"("id")") != std::string::npos);
    CHECK(site.hub.log.head() == head);
  } else {
    site.late().fail({ErrorCode::kIo, "it was not taken"});
    Peer& again = site.send("POST", "/events", body, kKey);
    site.pass(kLatency);
    CHECK(Site::status_of(again) == (is_batch ? 200 : 201));
    CHECK(again.received().find("Idempotency-Replayed") == std::string::npos);
    CHECK(site.hub.log.head() == (is_batch ? 2 : 1));
  }
}

TEST_CASE("A batch is one append: a bad item is told at its place, the others wait together",
          "[server][late]") {
  Site site;
  const std::string cpu = site.make_metric("cpu");
  const std::string unknown = "018f4c2e-0000-7000-8000-000000000000";
  Peer& post = site.send("POST", "/metrics/readings",
                         "[" + reading_of(cpu) + R"(,{"value":1},)" + reading_of(unknown) + "," +
                             reading_of(cpu) + "]");
  CHECK(site.late().waiting() == 1);
  site.pass(kLatency);
  REQUIRE(Site::status_of(post) == 200);
  const auto answer = nlohmann::json::parse(Site::body_of(post));
  CHECK(answer.at("accepted") == 2);
  CHECK(answer.at("results").at(0).contains("id"));
  CHECK(answer.at("results").at(1).contains("error"));
  CHECK(answer.at("results").at(2).contains("error"));
  CHECK(answer.at("results").at(3).contains("id"));
  CHECK(site.hub.store.reading_count() == 2);
}

TEST_CASE("A peer that leaves does not take its append back", "[server][late]") {
  Site site;
  Peer& post = site.send("POST", "/events", R"({"data":"kept"})");
  post.reset();
  site.hub.settle();
  site.pass(kLatency);
  CHECK(site.hub.log.head() == 1);
}

TEST_CASE("After a restart rows and events are those of the origin, and a list in pieces is cut",
          "[server][late]") {
  Site site;
  const std::string kept = site.make_metric("kept");
  const auto origin = site.hub.log.view().head_id();
  for (int i = 0; i < 1000; ++i) site.send("POST", "/metrics", R"({"name":"lost"})");
  site.pass(kLatency);
  REQUIRE(site.hub.store.metric_count() == 1001);
  Peer& list = site.hub.connect();
  list.set_room(1000);
  list.send("GET /metrics?with_readings=true HTTP/1.1\r\nHost: localhost\r\n\r\n");
  site.hub.settle();
  Peer& poll = site.send("GET", "/events?since=latest&wait=10s");

  site.late().restart(origin, 78, "test");
  site.hub.settle();
  list.set_room(10'000'000);
  site.hub.settle();
  CHECK(site.hub.store.metric_count() == 1);
  CHECK(list.received().find("\r\n0\r\n") == std::string::npos);  // no last chunk
  CHECK(list.is_closed());
  REQUIRE(Site::status_of(poll) == 200);
  CHECK(nlohmann::json::parse(Site::body_of(poll)).at("gap").at("reason") == "unknown");
  CHECK(Site::status_of(site.send("GET", "/metrics/" + kept)) == 200);
}

TEST_CASE("Whatever is published counts against the share of its peer", "[server][late]") {
  Site site;
  const std::string cpu = site.make_metric("cpu");
  const std::string event = R"({"data":1})";
  const std::string reading = reading_of(cpu);
  const std::string padding(20'000, ' ');  // read in slices
  const std::vector<std::pair<std::string, std::string>> requests = {
      {"POST /events", event},
      {"POST /events", padding + event},
      {"POST /events", "[" + event + "," + event + "]"},
      {"POST /metrics", R"({"name":"ram"})"},
      {"POST /metrics/readings", reading},
      {"POST /metrics/readings", "[" + reading + "]"},
      {"DELETE /metrics/" + cpu, ""}};
  std::size_t waiting = site.late().waiting();
  for (const auto& [target, body] : requests) {
    CAPTURE(target, body.size());
    Peer& peer = site.hub.connect_from("[2001:db8::" + std::to_string(waiting + 1) + "]:80");
    peer.send(target + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
    site.hub.settle();
    REQUIRE(site.late().waiting() == ++waiting);
    CHECK(site.late().newest_peer() == peer_group("2001:db8::"));
  }
}

}  // namespace
}  // namespace sse::server
