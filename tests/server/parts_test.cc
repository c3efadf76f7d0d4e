#include "sse/server/parts.h"

#include <string>

#include "support/catch.h"
#include "support/memory_hub.h"

namespace sse::server {
namespace {

using namespace std::chrono_literals;
using test::MemoryHub;
using test::Peer;

std::string ask(MemoryHub& hub, const std::string& request_line, const std::string& fields = "",
                const std::string& body = "") {
  Peer& peer = hub.connect();
  peer.send(request_line + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
            "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  hub.settle();
  return peer.take();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("What sse-serve ships runs on sockets in memory and a clock that stands still",
          "[server][parts]") {
  MemoryHub hub;
  Peer& stream = hub.connect();
  stream.send("GET /events/watch HTTP/1.1\r\nHost: localhost\r\n\r\n");
  hub.settle();
  CHECK(contains(ask(hub, "POST /metrics", "", R"({"name":"cpu"})"), " 201 "));
  CHECK(contains(ask(hub, "POST /events", "", R"({"data":1})"), " 201 "));
  CHECK(contains(stream.received(), "event: metric_created\n"));
  CHECK(contains(ask(hub, "GET /-/readyz"), " 200 "));
  CHECK(contains(ask(hub, "GET /-/streams"), R"({"open":1,)"));
  const std::string series = ask(hub, "GET /-/metrics");
  CHECK(contains(series, "\nsse_metrics 1\n"));
  CHECK(contains(series, "\nsse_readings_limit 2000000\n"));
  CHECK(contains(series, "\nsse_streams_opened_total 1\n"));
}

TEST_CASE("A key is known for its window, by the clock that was given", "[server][parts]") {
  MemoryHub hub;
  const auto post = [&] {
    return ask(hub, "POST /events", "Idempotency-Key: \"k\"\r\n", R"({"data":1})");
  };
  CHECK(contains(post(), " 201 "));
  hub.clock.advance(10min - 1ns);
  CHECK(contains(post(), "Idempotency-Replayed: true"));
  CHECK(hub.log.head() == 1);
  hub.clock.advance(1ns);
  CHECK(contains(post(), " 201 "));
  CHECK(hub.log.head() == 2);
  CHECK(hub.parts.idempotency_counts().replayed == 1);
}

TEST_CASE("A page of another site is refused before any route", "[server][parts]") {
  MemoryHub hub;
  CHECK(contains(ask(hub, "POST /events", "Origin: http://evil.example\r\n", R"({"data":1})"),
                 " 403 "));
  CHECK(hub.log.head() == 0);
}

std::string get(MemoryHub& hub, const std::string& path, const std::string& host,
                http::Entrance entrance = http::Entrance::kMain) {
  Peer& peer = hub.connect(entrance);
  peer.send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
  hub.settle();
  return peer.take();
}

TEST_CASE("The address is the hub's own only where all are on this machine", "[server][parts]") {
  for (const bool is_local : {false, true}) {
    MemoryHub::Options options;
    options.reach.loopback_only = is_local;
    MemoryHub hub(options);
    CHECK(contains(get(hub, "/-/healthz", "hub.example"), is_local ? " 403 " : " 200 "));
  }
}

TEST_CASE("The operator's listeners serve the operator's routes, and no other does",
          "[server][parts]") {
  MemoryHub::Options options;
  options.admin_binds = {"unix:/run/hub-admin"};
  MemoryHub hub(options);
  const auto ask_there = [&](const std::string& path) {
    return get(hub, path, "localhost", http::Entrance::kAdmin);
  };
  for (const auto* path : {"/-/metrics", "/-/streams"}) {
    CAPTURE(path);
    CHECK(contains(ask_there(path), " 200 "));
    const auto elsewhere = get(hub, path, "localhost");
    CHECK(contains(elsewhere, " 403 "));
    CHECK(contains(elsewhere, "--admin-bind"));
  }
  for (const auto* path : {"/-/healthz", "/-/readyz"}) {
    CAPTURE(path);
    CHECK(contains(ask_there(path), " 200 "));
    CHECK(contains(get(hub, path, "localhost"), " 200 "));
  }
  for (const auto* path : {"/events", "/events/watch", "/metrics", "/"}) {
    CAPTURE(path);
    CHECK(contains(ask_there(path), " 404 "));
  }
  CHECK(contains(get(hub, "/events", "localhost"), " 200 "));
}

TEST_CASE("Every route below /-/ is served by the operator's listeners", "[server][parts]") {
  MemoryHub::Options options;
  options.admin_binds = {"unix:/run/hub-admin"};
  MemoryHub hub(options);
  hub.parts.add_backup([](const auto& done) { done(std::string("x")); });
  int found = 0;
  for (const http::Route* route : hub.parts.router().routes()) {
    if (!route->path.starts_with("/-/")) continue;
    ++found;
    CAPTURE(route->method, route->path);
    Peer& peer = hub.connect(http::Entrance::kAdmin);
    const std::string path = route->path.substr(0, route->path.find('{'));
    peer.send(route->method + " " + path + (path == route->path ? "" : "1") +
              " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    hub.settle();
    const std::string answer = peer.take();
    CHECK(contains(answer, "HTTP/1.1 "));
    CHECK_FALSE(contains(answer, "--admin-bind"));
  }
  CHECK(found >= 8);
}

TEST_CASE("Each request of a connection is known to come by the operator's listener",
          "[server][parts]") {
  MemoryHub hub;
  Peer& peer = hub.connect(http::Entrance::kAdmin);
  for (int i = 0; i < 3; ++i) {
    peer.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    hub.settle();
    CHECK(contains(peer.take(), " 404 "));
    CHECK(contains(get(hub, "/events", "localhost"), " 200 "));
  }
}

TEST_CASE("A hub that is given no epoch takes one of the randomness that is given",
          "[server][parts]") {
  MemoryHub::Options options;
  options.epoch = 0;
  MemoryHub one(options);
  MemoryHub same(options);
  const auto first = one.hub.publisher().publish({"", "", "x"});
  const auto second = same.hub.publisher().publish({"", "", "x"});
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->epoch() != 0);
  CHECK(first->epoch() == second->epoch());
}

}  // namespace
}  // namespace sse::server
