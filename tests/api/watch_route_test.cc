#include "sse/api/watch_route.h"

#include <string>

#include <httplib.h>

#include "sse/api/watch_request.h"
#include "sse/metrics/metric_events.h"

#include "support/catch.h"
#include "support/chunked.h"
#include "support/hub_stage.h"

namespace sse::api {
namespace {

constexpr char kMetricId[] = "01890000-0000-7000-8000-00000000000a";
constexpr char kUnknownId[] = "01890000-0000-7000-8000-000000000001";

httplib::Request watch_request(httplib::Params params, httplib::Headers headers = {}) {
  httplib::Request request;
  request.method = "GET";
  request.path = "/events/watch";
  request.params = std::move(params);
  request.headers = std::move(headers);
  return request;
}

/// One connection, as the HTTP side offers it.
class Offer final : public http::Upgrade {
 public:
  Offer(test::HubStage& stage, test::Peer& peer) : stage_(stage), peer_(peer) {}

  net::Loop& loop() override { return stage_.loop(); }
  std::unique_ptr<net::Socket> take_socket() override {
    taken = true;
    auto socket = std::make_unique<test::MemorySocket>(peer_);
    REQUIRE(socket->attach(stage_.loop(), stage_.nobody));
    return socket;
  }

  bool taken = false;

 private:
  test::HubStage& stage_;
  test::Peer& peer_;
};

struct Watched {
  httplib::Response response;
  bool became_stream = false;
  std::string received;

  std::string header(const char* name) const { return response.get_header_value(name); }
  bool has_line(const std::string& line) const {
    return received.find(line + "\r\n") != std::string::npos;
  }
};

struct Fixture {
  explicit Fixture(hub::HubOptions options = {}) : stage(options) {}

  Watched watch(const httplib::Request& request) {
    Watched watched;
    test::Peer& peer = stage.peers.emplace_back();
    Offer offer(stage, peer);
    route.watch(request, watched.response, offer);
    watched.became_stream = offer.taken;
    stage.settle();
    const auto stream = test::read_stream(peer.received());
    REQUIRE(stream.fault.empty());
    watched.received = stream.head + stream.text;
    return watched;
  }
  Watched watch(httplib::Params params = {}, httplib::Headers headers = {}) {
    return watch(watch_request(std::move(params), std::move(headers)));
  }
  /// What a subscriber sees of everything published so far.
  std::vector<std::string> events(httplib::Params params) {
    params.emplace("since", "earliest");
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
  CHECK(watched.received.substr(0, 17) == "HTTP/1.1 200 OK\r\n");
  CHECK(watched.has_line("Content-Type: text/event-stream"));
  CHECK(watched.has_line("Cache-Control: no-cache, no-transform"));
  CHECK(watched.has_line("X-Accel-Buffering: no"));
  CHECK(watched.has_line("Connection: close"));
  CHECK(watched.has_line("Vary: Origin, Accept"));
  CHECK(watched.has_line("SSE-Stream: 77"));
  CHECK(watched.has_line("SSE-Heartbeat: 15"));
  CHECK(watched.has_line("SSE-Head: " + to_string(id)));
  CHECK(watched.received.find("SSE-Resume") == std::string::npos);
  CHECK(watched.received.find("before") == std::string::npos);
}

TEST_CASE("What the answer varies with is said once", "[api][watch]") {
  Fixture f;
  Watched watched;
  watched.response.set_header("Vary", "Origin");  // as the rules for pages set it
  Offer offer(f.stage, f.stage.peers.emplace_back());
  f.route.watch(watch_request({}), watched.response, offer);
  CHECK(watched.response.get_header_value_count("Vary") == 1);
  CHECK(watched.header("Vary") == "Origin, Accept");
}

TEST_CASE("A heartbeat below a second is told as a fraction", "[api][watch]") {
  hub::HubOptions options;
  options.heartbeat = std::chrono::milliseconds(500);
  Fixture f(options);
  CHECK(f.watch().has_line("SSE-Heartbeat: 0.5"));
}

TEST_CASE("A subscriber resumes after its last event id, however it says it", "[api][watch]") {
  Fixture f;
  const std::string first = to_string(f.stage.publish("one"));
  const std::string second = to_string(f.stage.publish("two"));
  for (const char* name : {"last_event_id", "lastEventId", "Last-Event-ID"}) {
    CAPTURE(name);
    const auto watched = f.watch({{name, first}});
    CHECK(watched.has_line("SSE-Resume: exact"));
    CHECK(test::HubStage::events_of(watched.received) == Events{"two"});
  }
  const auto by_header =
      f.watch({{"last_event_id", first}, {"since", "earliest"}}, {{"Last-Event-ID", second}});
  CHECK(by_header.has_line("SSE-Resume: exact"));
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
  CHECK(watched.has_line("SSE-Resume: gap; missed=unknown; oldest=" + oldest));
  CHECK(test::HubStage::events_of(watched.received) == Events{"[sse.gap]", "one"});
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
  const std::pair<httplib::Params, const char*> cases[] = {
      {{{"since", "yesterday"}}, "since"}, {{{"since", ""}}, "since"},
      {{{"metric", "cpu"}}, "metric"},     {{{"topic", "a/"}}, "topic"},
      {{{"topic", "a b"}}, "topic"},       {{{"type", ""}}, "type"},
  };
  for (const auto& [params, name] : cases) {
    CAPTURE(name);
    const auto watched = f.watch(params);
    CHECK_FALSE(watched.became_stream);
    CHECK(watched.response.status == 400);
    CHECK(watched.header("Content-Type") == "application/json");
    CHECK(watched.response.body.find(name) != std::string::npos);
  }
  CHECK(f.watch(httplib::Params{{"topic", "a/"}}).response.body.find("%23") != std::string::npos);
}

TEST_CASE("HEAD answers with the stream's head and opens none", "[api][watch]") {
  Fixture f;
  auto request = watch_request({{"since", "earliest"}});
  request.method = "HEAD";
  const auto watched = f.watch(request);
  CHECK_FALSE(watched.became_stream);
  CHECK(watched.response.status == 200);
  CHECK(watched.header("Content-Type") == "text/event-stream");
  CHECK(watched.header("SSE-Resume") == "exact");
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
  CHECK(watched.header("Content-Type") == "text/event-stream");
  CHECK(watched.header("Connection") == "close");
  CHECK(watched.header("SSE-Refused") == "full");
  CHECK(watched.header("SSE-Head").empty());
  const std::string& body = watched.response.body;
  CHECK(body.substr(body.find('\n')) ==
        "\n: the hub has all the 1 streams it may have (--max-clients)\n");
  const int retry = std::stoi(body.substr(std::string("retry: ").size()));
  CHECK(retry >= 10'000);
  CHECK(retry <= 30'000);
}

TEST_CASE("A full hub refuses everybody else with 503", "[api][watch]") {
  Fixture f(one_place());
  REQUIRE(f.watch().became_stream);
  for (const char* accept : {"", "*/*", "text/*", "application/json"}) {
    const auto watched = f.watch({}, {{"Accept", accept}});
    CHECK(watched.response.status == 503);
    CHECK(watched.header("Content-Type") == "application/json");
    const int retry = std::stoi(watched.header("Retry-After"));
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
  CHECK(f.watch({}, {{"Accept", "text/event-stream"}}).header("SSE-Refused") == "draining");
  CHECK(f.watch().response.status == 503);
}

}  // namespace
}  // namespace sse::api
