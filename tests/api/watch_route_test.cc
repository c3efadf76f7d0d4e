#include "sse/api/watch_route.h"

#include <string>

#include "sse/api/watch_request.h"
#include "sse/metrics/metric_events.h"

#include "support/catch.h"
#include "support/hub_stage.h"
#include "support/test_call.h"

namespace sse::api {
namespace {

constexpr char kMetricId[] = "01890000-0000-7000-8000-00000000000a";
constexpr char kUnknownId[] = "01890000-0000-7000-8000-000000000001";

http::Request watch_request(test::Params params, http::Fields fields = {}) {
  http::Request request;
  request.method = "GET";
  request.path = "/events/watch";
  request.params = std::move(params);
  request.fields = std::move(fields);
  return request;
}

/// One call, as a connection makes it.
class WatchCall final : public test::TestCall {
 public:
  WatchCall(const http::Request& request, test::HubStage& stage, test::Peer& peer)
      : TestCall(request), stage_(stage), peer_(peer) {}

  net::Loop& loop() override { return stage_.loop(); }
  std::unique_ptr<net::Socket> start_stream() override {
    if (request().method == "HEAD") return nullptr;
    became_stream = true;
    auto socket = std::make_unique<test::MemorySocket>(peer_);
    REQUIRE(socket->attach(stage_.loop(), stage_.ignored));
    return socket;
  }

  bool became_stream = false;

 private:
  test::HubStage& stage_;
  test::Peer& peer_;
};

struct Watched {
  http::Response response;
  bool became_stream = false;
  std::string received;

  std::string field(const char* name) const { return std::string(response.fields.get(name)); }
};

struct Fixture {
  explicit Fixture(hub::HubOptions options = {}, log::EventLog::Options log = {})
      : stage(options, log) {}

  Watched watch(const http::Request& request) {
    test::Peer& peer = stage.peers.emplace_back();
    WatchCall call(request, stage, peer);
    call.response().fields.set("Vary", "Origin");  // as the rules for pages set it
    route.watch(call);
    stage.settle();
    return {call.response(), call.became_stream, peer.received()};
  }
  Watched watch(test::Params params = {}, http::Fields fields = {}) {
    return watch(watch_request(std::move(params), std::move(fields)));
  }
  /// What a subscriber sees of everything published so far.
  std::vector<std::string> events(test::Params params) {
    params.emplace_back("since", "earliest");
    return test::HubStage::events_of(watch(std::move(params)).received);
  }

  test::HubStage stage;
  const TopicParameters parameters{{"metric", metrics::topic_of_metric}};
  WatchRoute route{*stage.hub, stage.clock, parameters};
};

using Events = std::vector<std::string>;

TEST_CASE("A stream's head says what it is and where it stands", "[api][watch]") {
  Fixture f;
  const auto id = f.stage.publish("before");
  const auto watched = f.watch();
  REQUIRE(watched.became_stream);
  CHECK(watched.response.status == 200);
  CHECK(watched.field("Content-Type") == "text/event-stream");
  CHECK(watched.field("Cache-Control") == "no-cache, no-transform");
  CHECK(watched.field("X-Accel-Buffering") == "no");
  CHECK(watched.field("Vary") == "Origin, Accept");
  CHECK(watched.field("SSE-Stream") == "77");
  CHECK(watched.field("SSE-Heartbeat") == "15");
  CHECK(watched.field("SSE-Head") == to_string(id));
  CHECK(watched.field("SSE-Resume").empty());
  CHECK(watched.received.find("before") == std::string::npos);
}

TEST_CASE("What the answer varies with is said once", "[api][watch]") {
  Fixture f;
  CHECK(f.watch().response.fields.count("Vary") == 1);
}

TEST_CASE("A heartbeat below a second is told as a fraction", "[api][watch]") {
  hub::HubOptions options;
  options.heartbeat = std::chrono::milliseconds(500);
  Fixture f(options);
  CHECK(f.watch().field("SSE-Heartbeat") == "0.5");
}

TEST_CASE("A subscriber resumes after its last event id, however it says it", "[api][watch]") {
  Fixture f;
  const std::string first = to_string(f.stage.publish("one"));
  const std::string second = to_string(f.stage.publish("two"));
  for (const char* name : {"last_event_id", "lastEventId", "Last-Event-ID"}) {
    CAPTURE(name);
    const auto watched = f.watch({{name, first}});
    CHECK(watched.field("SSE-Resume") == "exact");
    CHECK(test::HubStage::events_of(watched.received) == Events{"two"});
  }
  const auto by_header =
      f.watch({{"last_event_id", first}, {"since", "earliest"}}, {{"Last-Event-ID", second}});
  CHECK(by_header.field("SSE-Resume") == "exact");
  CHECK(test::HubStage::events_of(by_header.received).empty());
}

TEST_CASE("An empty last event id is none", "[api][watch]") {
  Fixture f;
  f.stage.publish("one");
  const auto watched = f.watch({{"last_event_id", ""}, {"since", "-1"}}, {{"Last-Event-ID", ""}});
  CHECK(test::HubStage::events_of(watched.received) == Events{"one"});
}

TEST_CASE("A position that is gone is told in the head and in the stream", "[api][watch]") {
  Fixture f;
  const std::string oldest = to_string(f.stage.publish("one"));
  const auto watched = f.watch({}, {{"Last-Event-ID", kUnknownId}});
  CHECK(watched.field("SSE-Resume") == "gap; missed=unknown; oldest=" + oldest);
  CHECK(test::HubStage::events_of(watched.received) == Events{"[sse.gap]", "one"});
}

TEST_CASE("A subscriber asks for the newest of each, also with a last event id", "[api][watch]") {
  Fixture f;
  for (const char* topic : {"a", "b"}) f.stage.publish("old", "", topic);
  const std::string id = to_string(f.stage.publish("first", "", "a"));
  f.stage.publish("second", "", "b");
  const auto watched = f.watch({{"since", "each"}}, {});
  CHECK(watched.field("SSE-Resume") == "each");
  CHECK(test::HubStage::events_of(watched.received) == Events{"first", "second"});
  f.stage.publish("third", "", "b");
  const auto resumed = f.watch({{"since", "each"}}, {{"Last-Event-ID", id}});
  CHECK(resumed.field("SSE-Resume") == "each");
  CHECK(test::HubStage::events_of(resumed.received) == Events{"third"});
  const auto gone = f.watch({{"since", "each"}, {"last_event_id", kUnknownId}}, {});
  CHECK(gone.field("SSE-Resume") == "each");
  CHECK(test::HubStage::events_of(gone.received) == Events{"first", "third"});
}

TEST_CASE("The newest of each is refused while a hub with too many pairs cannot tell it",
          "[api][watch]") {
  log::EventLog::Options log;
  log.max_pairs = 2;
  Fixture f({}, log);
  std::string last;
  for (const char* topic : {"a", "b", "c"}) last = to_string(f.stage.publish(topic, "", topic));
  const auto refused = f.watch({{"since", "each"}}, {});
  CHECK_FALSE(refused.became_stream);
  CHECK(refused.response.status == 507);
  CHECK(refused.response.body.find("(--max-pairs)") != std::string::npos);
  const auto browser = f.watch({{"since", "each"}}, {{"Accept", "text/event-stream"}});
  CHECK(browser.response.status == 200);
  CHECK(browser.field("SSE-Refused") == "full");
  CHECK(f.stage.hub->counts().refused_for(hub::Refusal::kPairs) == 2);
  CHECK(f.watch({{"since", "each"}, {"after", last}}, {}).became_stream);
  CHECK(f.watch({{"since", "earliest"}}, {}).became_stream);
  CHECK(f.watch({{"after", last}}, {}).became_stream);
}

TEST_CASE("A stream with an interval is conflated, also with a position", "[api][watch][paced]") {
  Fixture f;
  f.stage.publish("a1", {}, "a");
  const std::string first = to_string(f.stage.publish("b1", {}, "b"));
  f.stage.publish("a2", {}, "a");
  const auto each = f.watch({{"every", "500ms"}, {"since", "each"}}, {});
  CHECK(each.became_stream);
  CHECK(test::HubStage::events_of(each.received) == Events{"b1", "a2"});
  const auto resumed = f.watch({{"every", "10ms"}}, {{"Last-Event-ID", first}});
  CHECK(resumed.field("SSE-Resume") == "exact");
  CHECK(test::HubStage::events_of(resumed.received) == Events{"a2"});
  CHECK(f.events({{"every", "1m"}, {"topic", "b"}}) == Events{"b1"});
}

TEST_CASE("An interval that no stream can have is refused", "[api][watch][paced]") {
  Fixture f;
  for (const char* every : {"", "0s", "9ms", "9999us", "60001ms", "2m", "-1s", "often", "10 ms"}) {
    CAPTURE(every);
    const auto watched = f.watch({{"every", every}}, {});
    CHECK(watched.response.status == 400);
    CHECK(watched.response.body.find("every: expected a duration from 10ms to 1m, such as 500ms") !=
          std::string::npos);
  }
  const auto without_ids = f.watch({{"every", "1s"}, {"ids", "events"}}, {});
  CHECK(without_ids.response.status == 400);
  CHECK(without_ids.response.body.find("every: a stream with an interval resumes from blocks") !=
        std::string::npos);
}

TEST_CASE("A stream is filtered by type, topic and metric", "[api][watch]") {
  Fixture f;
  f.stage.publish("a", "metric_created", "metrics/" + std::string(kMetricId));
  f.stage.publish("b", "deploy", "ci/api");
  f.stage.publish("c", "deploy", "ci/web");
  CHECK(f.events({}) == Events{"a", "b", "c"});
  CHECK(f.events({{"type", "deploy"}}) == Events{"b", "c"});
  CHECK(f.events({{"type", "metric_*"}}) == Events{"a"});
  CHECK(f.events({{"topic", "ci/+"}}) == Events{"b", "c"});
  CHECK(f.events({{"topic", "ci/web"}, {"topic", "ci/api"}}) == Events{"b", "c"});
  CHECK(f.events({{"type", "deploy"}, {"topic", "ci/web"}}) == Events{"c"});
  CHECK(f.events({{"metric", kMetricId}}) == Events{"a"});
  CHECK(f.events({{"metric", kMetricId}, {"topic", "ci/api"}}) == Events{"a", "b"});
  CHECK(f.events({{"metric", "01890000-0000-7000-8000-00000000000A"}}) == Events{"a"});
}

TEST_CASE("A request against a rule is 400 with the parameter's name", "[api][watch]") {
  Fixture f;
  const std::pair<test::Params, const char*> cases[] = {
      {{{"since", "yesterday"}}, "since"}, {{{"since", ""}}, "since"},
      {{{"metric", "cpu"}}, "metric"},     {{{"topic", "a/"}}, "topic"},
      {{{"topic", "a b"}}, "topic"},       {{{"type", ""}}, "type"},
  };
  for (const auto& [params, name] : cases) {
    CAPTURE(name);
    const auto watched = f.watch(params);
    CHECK_FALSE(watched.became_stream);
    CHECK(watched.response.status == 400);
    CHECK(watched.field("Content-Type") == "application/json");
    CHECK(watched.response.body.find(name) != std::string::npos);
  }
  CHECK(f.watch(test::Params{{"topic", "a/"}}).response.body.find("%23") != std::string::npos);
}

TEST_CASE("HEAD answers with the stream's head and opens none", "[api][watch]") {
  Fixture f;
  auto request = watch_request({{"since", "earliest"}});
  request.method = "HEAD";
  const auto watched = f.watch(request);
  CHECK_FALSE(watched.became_stream);
  CHECK(watched.response.status == 200);
  CHECK(watched.field("Content-Type") == "text/event-stream");
  CHECK(watched.field("SSE-Resume") == "exact");
  CHECK(f.stage.hub->stream_count() == 0);
}

hub::HubOptions one_place() {
  hub::HubOptions options;
  options.max_clients = 1;
  options.when_full = hub::WhenFull::kReject;
  return options;
}

TEST_CASE("A full hub refuses an EventSource so that it comes back", "[api][watch]") {
  Fixture f(one_place());
  REQUIRE(f.watch().became_stream);
  const auto watched = f.watch({}, {{"Accept", "text/html, Text/Event-Stream;q=0.9"}});
  CHECK_FALSE(watched.became_stream);
  CHECK(watched.response.status == 200);
  CHECK(watched.field("Content-Type") == "text/event-stream");
  CHECK(watched.field("Connection") == "close");
  CHECK(watched.field("SSE-Refused") == "full");
  CHECK(watched.field("SSE-Head").empty());
  const std::string& body = watched.response.body;
  CHECK(body.substr(body.find('\n')) ==
        "\n: the hub has all the 1 streams it may have (--max-clients)\n");
  const int retry = std::stoi(body.substr(std::string("retry: ").size()));
  CHECK(retry >= 10'000);
  CHECK(retry <= 30'000);
}

TEST_CASE("A full hub refuses every other client with 503", "[api][watch]") {
  Fixture f(one_place());
  REQUIRE(f.watch().became_stream);
  for (const char* accept : {"", "*/*", "text/*", "application/json"}) {
    const auto watched = f.watch({}, {{"Accept", accept}});
    CHECK(watched.response.status == 503);
    CHECK(watched.field("Content-Type") == "application/json");
    const int retry = std::stoi(watched.field("Retry-After"));
    CHECK(retry >= 10);
    CHECK(retry <= 30);
    CHECK(watched.response.body ==
          "{\"error\":\"the hub has all the 1 streams it may have (--max-clients)\"}");
  }
}

TEST_CASE("A hub that evicts is never full", "[api][watch]") {
  hub::HubOptions options;
  options.max_clients = 1;
  Fixture f(options);
  CHECK(f.watch().became_stream);
  CHECK(f.watch().became_stream);
}

TEST_CASE("A draining hub refuses, and says why", "[api][watch]") {
  Fixture f;
  f.stage.hub->drain(std::chrono::seconds(1), [] {});
  CHECK(f.watch({}, {{"Accept", "text/event-stream"}}).field("SSE-Refused") == "draining");
  CHECK(f.watch().response.status == 503);
}

TEST_CASE("A stream that was read to its end is answered with 204, without a lookup",
          "[api][watch][until]") {
  hub::HubOptions options;
  options.max_clients = 1;
  Fixture f(options);
  const std::string id = to_string(f.stage.publish("one"));
  REQUIRE(f.watch().became_stream);  // the hub is full now
  for (const std::string& done : {id + "/done", std::string(kUnknownId) + "/done"}) {
    for (const auto& watched :
         {f.watch({}, {{"Last-Event-ID", done}}), f.watch({{"last_event_id", done}}),
          f.watch({{"lastEventId", done}}), f.watch({{"Last-Event-ID", done}})}) {
      CHECK_FALSE(watched.became_stream);
      CHECK(watched.response.status == 204);
      CHECK(watched.response.body.empty());
      CHECK(watched.field("Cache-Control") == "no-store");
    }
  }
  CHECK(f.stage.hub->stream_count() == 1);
  CHECK(f.stage.hub->counts().closed_for(hub::CloseReason::kEvicted) == 0);
}

TEST_CASE("A position that the request chooses goes on behind an end", "[api][watch][until]") {
  Fixture f;
  const std::string id = to_string(f.stage.publish("one", "done"));
  f.stage.publish("two");
  for (const char* name : {"after", "since"}) {
    CAPTURE(name);
    const auto watched = f.watch({{name, id + "/done"}});
    CHECK(watched.field("SSE-Resume") == "exact");
    CHECK(test::HubStage::events_of(watched.received) == Events{"two"});
  }
}

TEST_CASE("A stream ends at until_type, which may come several times", "[api][watch][until]") {
  Fixture f;
  f.stage.publish("1", "piece", "jobs/42");
  f.stage.publish("2", "failed", "jobs/41");
  f.stage.publish("3", "failed", "jobs/42");
  f.stage.publish("4", "done", "jobs/42");
  const test::Params done{{"topic", "jobs/42"}, {"until_type", "done"}};
  CHECK(f.events(done) == Events{"1", "3", "4", "[sse.closing]"});
  auto either = done;
  either.emplace_back("until_type", "fail*");
  CHECK(f.events(either) == Events{"1", "3", "[sse.closing]"});
  CHECK(f.watch(test::Params{{"until_type", ""}}).response.status == 400);
}

}  // namespace
}  // namespace sse::api
