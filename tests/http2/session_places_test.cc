// How sessions drain, give way and count among the connections.

#include <optional>
#include <string>
#include <utility>
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

TEST_CASE("Requests that a drain finds before their turn are served, or may be sent again",
          "[http][two]") {
  TwoSite site;
  site.talk();
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 250; ++i) ids.push_back(site.peer().get("/hello"));
  site.peer().exchange();
  site.turn();
  const auto begun = site.observed.size();
  CHECK(begun < 250);
  site.set().drain(std::chrono::seconds(10), [] {});
  site.talk();
  for (const auto id : ids) {
    const auto& answer = site.peer().answer(id);
    CHECK((answer.body == "hello" || answer.reset_with == 7U));  // REFUSED_STREAM
  }
  CHECK(site.observed.size() > begun);
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

TEST_CASE("A FIN that came with the preface is met behind what came with it", "[http][two]") {
  TwoSite site;
  Peer& peer = site.peers.emplace_back();
  // POST http://a/ and more than the read that finds the preface takes.
  std::string bytes = std::string(test::kHttp2Preface) + test::http2_frame(4, 0, 0) +
                      test::http2_frame(1, 4, 1, std::string("\x83\x86\x84\x41\x01") + "a");
  for (int i = 0; i < 4; ++i) {
    bytes += test::http2_frame(0, i == 3 ? 1 : 0, 1, std::string(12'000, 'x'));
  }
  peer.send(bytes);
  site.set().count_dealt();
  site.set().adopt(std::make_unique<test::MemorySocket>(peer), Entrance::kMain);
  peer.finish();  // all of it is told at once
  site.turns();
  CHECK(site.observed == std::vector<std::string>{"POST  404"});
  CHECK(peer.is_closed());
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
  CHECK(refused + deferred.size() == 100);
  CHECK(std::as_const(site.set()).counts().evicted == 0);  // none gives way to another of them
  for (const auto& answer : deferred) answer.send([](Response&) {});
  site.talk();
  CHECK(site.state->open.all() == 1);
}

TEST_CASE("Requests that find not even a place for their refusal may be sent again",
          "[http][two]") {
  ServerOptions options;
  options.max_connections = 10;
  TwoSite site(options, {0, 65'535});  // so that no refusal leaves whole
  std::vector<DeferredAnswer> deferred;
  site.router.add("GET", "/later", [&](Call& call) { deferred.push_back(call.defer(nullptr)); });
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(site.peer().get("/later"));
  site.talk(40);
  std::size_t refused = 0;
  std::size_t unbegun = 0;
  for (const auto id : ids) {
    const auto& answer = site.peer().answer(id);
    refused += answer.status == "503" ? 1U : 0U;
    unbegun += answer.reset_with == 7U ? 1U : 0U;  // REFUSED_STREAM
  }
  CHECK(refused > 0);
  CHECK(unbegun > 20);
  CHECK(refused + unbegun + deferred.size() == 100);
  CHECK(site.resets(ResetReason::kRefused) == unbegun);
}

}  // namespace
}  // namespace sse::http
