// How sessions drain, give way and count among the connections.

#include <optional>
#include <string>
#include <vector>

#include "sse/http/deferred_answer.h"

#include "http2/site.h"

namespace sse::http {
namespace {

TEST_CASE("A draining server says so, ends what is in flight, and closes", "[http][two]") {
  TwoSite site;
  std::optional<DeferredAnswer> deferred;
  site.router.add("GET", "/later", [&](Call& call) { deferred = call.defer(nullptr); });
  const auto id = site.peer().get("/later");
  site.talk();
  bool is_empty = false;
  site.set().drain(std::chrono::seconds(10), [&] { is_empty = true; });
  site.talk();
  CHECK(site.peer().goaway() == 0U);
  CHECK_FALSE(is_empty);
  const auto late = site.peer().get("/hello");
  site.talk();
  CHECK(site.peer().answer(late).status.empty());
  deferred->send([](Response& response) { response.body = "done"; });
  site.talk();
  CHECK(site.peer().answer(id).body == "done");
  CHECK(site.wire().saw_end());
  site.wire().finish();
  site.turns();
  CHECK(is_empty);
}

TEST_CASE("An idle session is closed, with GOAWAY, when a server drains", "[http][two]") {
  TwoSite site;
  site.peer().get("/hello");
  site.talk();
  bool is_empty = false;
  site.set().drain(std::chrono::seconds(10), [&] { is_empty = true; });
  site.talk();
  CHECK(site.peer().goaway() == 0U);
  CHECK(site.wire().saw_end());
  CHECK_FALSE(is_empty);  // it waits for the peer's end, so that nothing is lost
  site.wire().finish();
  site.turns();
  CHECK(is_empty);
}

TEST_CASE("A session counts as a connection, its requests too, and not while it has a stream",
          "[http][two]") {
  TwoSite site;
  std::optional<DeferredAnswer> deferred;
  site.router.add("GET", "/later", [&](Call& call) { deferred = call.defer(nullptr); });
  site.talk();
  CHECK(site.state->open.all() == 1);
  site.peer().get("/later");
  site.talk();
  CHECK(site.state->open.all() == 2);
  site.peer().get("/stream");
  site.talk();
  CHECK(site.state->open.all() == 1);  // the request that waits
  site.stream.reset();
  site.talk();
  CHECK(site.state->open.all() == 2);
  site.wire().reset();
  site.turns();
  CHECK(site.state->open.all() == 1);  // nothing has hurried it
  deferred.reset();
  site.turns();
  CHECK(site.state->open.all() == 0);
}

TEST_CASE("An idle session gives way to a connection of another address", "[http][two]") {
  ServerOptions options;
  options.max_connections = 2;
  TwoSite site(options);
  site.peer().get("/hello");
  site.talk();
  Peer& same = site.connect("192.0.2.1:1001");
  site.turns();
  CHECK_FALSE(site.wire().is_closed());
  Peer& other = site.connect("192.0.2.2:1000");
  other.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  site.turns();
  CHECK(has(other.take(), "200 OK"));
  CHECK((site.wire().is_closed() || same.is_closed()));
}

TEST_CASE("Sessions that never say what they want give way to connections of other addresses",
          "[http][two]") {
  const std::string settings = test::http2_frame(4, 0, 0);
  const std::string half_a_head = test::http2_frame(1, 1, 1, "\x82\x86\x84");
  for (const std::string& more : {std::string(), settings + half_a_head}) {
    ServerOptions options;
    options.max_connections = 8;
    TwoSite site(options);
    for (int i = 0; i < 8; ++i) {
      site.connect("192.0.2.66:1000").send(std::string(test::kHttp2Preface) + more);
      site.turns();
    }
    Peer& other = site.connect("192.0.2.2:1000");
    other.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    site.turns();
    CHECK(has(other.take(), "200 OK"));
  }
}

TEST_CASE("A peer that sends FIN gets the answers that it has asked for", "[http][two]") {
  TwoSite site;
  std::optional<DeferredAnswer> deferred;
  site.router.add("GET", "/later", [&](Call& call) { deferred = call.defer(nullptr); });
  const auto id = site.peer().get("/later");
  site.talk();
  REQUIRE(deferred);
  site.wire().finish();
  site.turns();
  CHECK_FALSE(site.wire().is_closed());
  deferred->send([](Response& response) { response.body = "done"; });
  site.talk();
  CHECK(site.peer().answer(id).body == "done");
  CHECK(site.wire().is_closed());
}

TEST_CASE("An answer whose head is too large for HTTP/2 is reset", "[http][two]") {
  TwoSite site;
  site.router.add("GET", "/wide",
                  [](Call& call) { call.response().fields.set("X", std::string(70'000, 'x')); });
  const auto id = site.peer().get("/wide");
  site.talk();
  CHECK(site.peer().answer(id).reset_with == 2U);
  CHECK(site.counts().streams == 0);
}

TEST_CASE("Requests beyond --max-connections get 503", "[http][two]") {
  ServerOptions options;
  options.max_connections = 10;
  TwoSite site(options);
  std::vector<DeferredAnswer> deferred;
  site.router.add("GET", "/later", [&](Call& call) { deferred.push_back(call.defer(nullptr)); });
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(site.peer().get("/later"));
  site.talk(40);
  std::size_t refused = 0;
  for (const auto id : ids) {
    const auto& answer = site.peer().answer(id);
    if (answer.status == "503" || answer.reset_with == 7U) ++refused;  // REFUSED_STREAM
  }
  CHECK(deferred.size() <= 10);
  CHECK(refused + deferred.size() == 100);  // none gives way to another of them
  for (const auto& answer : deferred) answer.send([](Response&) {});
  site.talk();
  CHECK(site.state->open.all() == 1);
}

}  // namespace
}  // namespace sse::http
