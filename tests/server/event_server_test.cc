#include "sse/server/event_server.h"

#include <string>
#include <thread>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "sse/domain/create_metric.h"

#include "sse-serve/metrics_domain.h"
#include "support/at_once.h"
#include "support/catch.h"

namespace sse::server {
namespace {

/// A server on a port of its own, running until the end of the test.
struct Running {
  Running() : Running([](EventServer&) {}) {}

  template <typename Mount>
  explicit Running(Mount mount) {
    EventServerOptions options;
    options.port = 0;
    options.threads = 2;
    auto opened = EventServer::open(std::move(options));
    REQUIRE(opened);
    server = std::move(*opened);
    mount(*server);
    thread = std::thread([this] { status = server->run(); });
  }
  ~Running() { stop(); }

  void stop() {
    server->stop();
    if (thread.joinable()) thread.join();
  }

  httplib::Client client() const { return httplib::Client("127.0.0.1", server->port()); }

  /// Reads the stream until `enough` says so, or its end.
  template <typename Enough>
  std::string watch(const httplib::Headers& headers, Enough enough) const {
    std::string text;
    client().Get("/events/watch", headers, [&](const char* bytes, std::size_t size) {
      text.append(bytes, size);
      return !enough(text);
    });
    return text;
  }

  std::unique_ptr<EventServer> server;
  std::thread thread;
  Status status;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("A program's own events reach a stream", "[server]") {
  Running running;
  const auto id = running.server->publisher().publish({"greeting", "", "hello"});
  REQUIRE(id);
  const std::string text =
      running.watch({{"Last-Event-ID", to_string(*id)}}, [&](const std::string& so_far) {
        if (!contains(so_far, "\n\n")) return false;
        // The stream is open: what comes now is live.
        if (!contains(so_far, "again")) {
          static_cast<void>(running.server->publisher().publish({"greeting", "", "again"}));
        }
        return contains(so_far, "again");
      });
  CHECK(contains(text, "event: greeting\ndata: again\n\n"));
  CHECK_FALSE(contains(text, "hello"));
}

TEST_CASE("Handlers of cpp-httplib are mounted beside the streams", "[server]") {
  Running running([](EventServer& server) {
    server.get("/greet/{name}", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content("hello " + request.get_param_value("name"), "text/plain");
    });
    server.post("/greet", [&server](const httplib::Request& request, httplib::Response& response) {
      const auto id = server.publisher().publish({"greeting", "", request.body});
      response.status = id ? 201 : 503;
    });
  });
  auto client = running.client();
  const auto greeting = client.Get("/greet/you");
  REQUIRE(greeting);
  CHECK(greeting->status == 200);
  CHECK(greeting->body == "hello you");
  const auto posted = client.Post("/greet", "hi", "text/plain");
  REQUIRE(posted);
  CHECK(posted->status == 201);
  CHECK(running.server->hub().log().head() == 1);
}

TEST_CASE("A handler may answer from a thread of the program's own", "[server]") {
  std::thread worker;
  Running running([&](EventServer& server) {
    server.add("GET", "/slow", [&](http::Call& call) {
      worker = std::thread([answer = call.defer(nullptr), text = *call.request().param("text")] {
        answer.send([text](http::Response& response) { response.set_content(text, "text/plain"); });
      });
    });
  });
  const auto answer = running.client().Get("/slow?text=done");
  worker.join();
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "done");
}

TEST_CASE("Events may be posted, and health asked for", "[server]") {
  Running running;
  auto client = running.client();
  const auto posted = client.Post("/events", R"({"type":"t","data":"x"})", "application/json");
  REQUIRE(posted);
  CHECK(posted->status == 201);
  CHECK(contains(posted->body, R"("subscribers":0)"));
  for (const char* path : {"/-/healthz", "/-/readyz"}) {
    const auto health = client.Get(path);
    REQUIRE(health);
    CHECK(health->status == 200);
  }
}

/// The metrics domain on an embedded server.
auto mount(std::unique_ptr<serve::MetricsDomain>& metrics) {
  return [&metrics](EventServer& server) {
    metrics = std::make_unique<serve::MetricsDomain>(server.parts(), log::RowLimits());
  };
}

TEST_CASE("A big answer arrives whole, in pieces", "[server]") {
  std::unique_ptr<serve::MetricsDomain> metrics;
  Running running(mount(metrics));
  constexpr std::size_t kMetrics = 2'000;
  for (std::size_t i = 0; i < kMetrics; ++i) {
    REQUIRE(test::known(
        domain::create_metric(metrics->ports(), {"metric " + std::to_string(i)}, test::kNever)));
  }
  auto client = running.client();
  client.set_keep_alive(true);
  for (int round = 0; round < 2; ++round) {
    const auto answer = client.Get("/metrics");
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->get_header_value("Transfer-Encoding") == "chunked");
    CHECK(answer->get_header_value("SSE-Cursor") ==
          to_string(running.server->hub().log().view().head_id()));
    const auto listed = nlohmann::json::parse(answer->body);
    REQUIRE(listed.size() == kMetrics);
    CHECK(listed.back().at("name") == "metric 1999");
  }
  const auto head = client.Head("/metrics");
  REQUIRE(head);
  CHECK(head->status == 200);
  CHECK(head->body.empty());
}

TEST_CASE("A reading goes from a request to a stream", "[server]") {
  std::unique_ptr<serve::MetricsDomain> metrics;
  Running running(mount(metrics));
  const auto created = test::known(domain::create_metric(metrics->ports(), {"cpu"}, test::kNever));
  REQUIRE(created);
  const std::string id = to_string(created->metric.id);
  const auto posted = running.client().Post(
      "/metrics/readings", R"({"metric_id":")" + id + R"(","value":3})", "application/json");
  REQUIRE(posted);
  REQUIRE(posted->status == 201);
  const std::string text =
      running.watch({{"Last-Event-ID", to_string(*created->event_id)}},
                    [](const std::string& so_far) { return contains(so_far, "data: "); });
  CHECK(contains(text, "id: " + posted->get_header_value("SSE-Event-Id") +
                           "\nevent: metric_reading_created\ndata: " + posted->body + "\n\n"));
}

TEST_CASE("A server that stops tells its streams, and ends", "[server]") {
  Running running;
  const std::string text = running.watch({}, [&](const std::string&) {
    running.server->stop();
    return false;  // to the end of the stream
  });
  running.stop();
  CHECK(running.status);
  CHECK(contains(text, "event: sse.closing\n"));
  CHECK(contains(text, R"("reason":"shutdown")"));
}

TEST_CASE("A server that was never started can go away", "[server]") {
  EventServerOptions options;
  options.port = 0;
  auto server = EventServer::open(std::move(options));
  REQUIRE(server);
  CHECK((*server)->port() != 0);
  CHECK((*server)->url() == "http://127.0.0.1:" + std::to_string((*server)->port()));
}

TEST_CASE("A server that is given no address is on every loopback there is", "[server]") {
  Running running;
  std::vector<std::string> loopbacks = {"127.0.0.1"};
  if (net::listen_on("::1", 0, {})) loopbacks.push_back("::1");
  for (const auto& loopback : loopbacks) {
    CAPTURE(loopback);
    const auto health = httplib::Client(loopback, running.server->port()).Get("/-/healthz");
    REQUIRE(health);
    CHECK(health->status == 200);
  }
}

TEST_CASE("An address in use is an error", "[server]") {
  Running running;
  EventServerOptions options;
  options.port = running.server->port();
  const auto second = EventServer::open(std::move(options));
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace sse::server
