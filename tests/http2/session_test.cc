#include "sse/http/two/session.h"

#include <string>

#include "sse/http/deferred_answer.h"

#include "http2/site.h"

namespace sse::http {
namespace {

using test::http2_frame;
using test::kHttp2Preface;

TEST_CASE("A request over HTTP/2 is answered like one over HTTP/1", "[http][two]") {
  TwoSite site;
  const auto id = site.peer().get("/hello");
  site.talk();
  const auto& answer = site.peer().answer(id);
  CHECK(answer.status == "200");
  CHECK(answer.field("content-type") == "text/plain");
  CHECK(answer.field("content-length") == "5");
  CHECK_FALSE(answer.field("date").empty());
  CHECK(answer.field("connection").empty());
  CHECK(answer.field("transfer-encoding").empty());
  CHECK(answer.body == "hello");
  CHECK(answer.ended);
  CHECK_FALSE(answer.reset_with);
  CHECK(site.observed == std::vector<std::string>{"GET /hello 200"});
  CHECK(site.counts().streams == 0);
}

TEST_CASE("Many requests of one connection are answered side by side", "[http][two]") {
  TwoSite site;
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 200; ++i) ids.push_back(site.peer().get("/hello"));
  site.talk(40);
  for (const auto id : ids) {
    CHECK(site.peer().answer(id).body == "hello");
    CHECK(site.peer().answer(id).ended);
  }
  CHECK(site.set().counts().accepted == 1);
}

TEST_CASE("Bodies of requests come whole, with a length and without", "[http][two]") {
  TwoSite site;
  const std::string large(200'000, 'x');
  const auto a = site.peer().post("/echo", "abc");
  const auto b = site.peer().post("/echo", large, {{"content-length", "200000"}});
  const auto c = site.peer().post("/echo", large);
  site.talk(200);
  CHECK(site.peer().answer(a).body == "abc");
  CHECK(site.peer().answer(b).body == large);
  CHECK(site.peer().answer(c).body == large);
}

TEST_CASE("An answer in pieces, without a length, ends its stream", "[http][two]") {
  TwoSite site;
  const auto id = site.peer().get("/parts");
  site.talk();
  CHECK(site.peer().answer(id).body == "abcabc");
  CHECK(site.peer().answer(id).ended);
  CHECK(site.peer().answer(id).field("transfer-encoding").empty());
}

TEST_CASE("Answers without a body end their stream", "[http][two]") {
  TwoSite site;
  site.router.add("GET", "/nothing", [](Call& call) { call.response().status = 204; });
  site.router.add("GET", "/empty", [](Call& call) { call.response().status = 200; });
  const auto nothing = site.peer().get("/nothing");
  const auto empty = site.peer().get("/empty");
  const auto head = site.peer().request(
      {{":method", "HEAD"}, {":scheme", "http"}, {":authority", "localhost"}, {":path", "/hello"}});
  const auto stream = site.peer().request({{":method", "HEAD"},
                                           {":scheme", "http"},
                                           {":authority", "localhost"},
                                           {":path", "/stream"}});
  site.talk();
  for (const auto id : {nothing, empty, head, stream}) {
    INFO(id);
    CHECK(site.peer().answer(id).ended);
    CHECK(site.peer().answer(id).body.empty());
    CHECK_FALSE(site.peer().answer(id).reset_with);
  }
  CHECK(site.peer().answer(nothing).status == "204");
  CHECK(site.peer().answer(empty).field("content-length") == "0");
  CHECK(site.peer().answer(head).field("content-length") == "5");
  CHECK(site.counts().streams == 0);
}

TEST_CASE("Without --h2c the preface is refused as another version of HTTP is", "[http][two]") {
  Site site;
  const auto answer = site.ask(std::string(kHttp2Preface) + http2_frame(4, 0, 0));
  CHECK(has(answer, "HTTP/1.1 505 "));
}

TEST_CASE("HTTP/1 is served beside HTTP/2, and a second request may not change over",
          "[http][two]") {
  TwoSite site;
  Peer& peer = site.connect();
  peer.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  site.turns();
  CHECK(has(peer.take(), "200 OK"));
  peer.send(kHttp2Preface);
  site.turns();
  CHECK(has(peer.take(), "HTTP/1.1 505 "));
}

TEST_CASE("The preface may come byte by byte", "[http][two]") {
  TwoSite site;
  const std::string block =
      "\x82\x86\x84\x41\x01"
      "a";  // GET http / a
  const std::string bytes =
      std::string(kHttp2Preface) + http2_frame(4, 0, 0) + http2_frame(1, 5, 1, block);
  Peer& peer = site.connect();
  for (const char byte : bytes) {
    peer.send({&byte, 1});
    site.turn();
  }
  site.turns();
  CHECK(site.observed == std::vector<std::string>{"GET  404"});
}

TEST_CASE("A connection says its limits", "[http][two]") {
  ServerOptions options;
  options.max_head = 5000;
  TwoSite site(options);
  site.talk();
  CHECK(site.peer().setting(3) == kMostStreams);
  CHECK(site.peer().setting(6) == 5000);
}

TEST_CASE("Malformed requests are reset, and others go on", "[http][two]") {
  TwoSite site;
  using Fields = test::Http2Peer::Fields;
  const Fields get = {
      {":method", "GET"}, {":scheme", "http"}, {":authority", "localhost"}, {":path", "/hello"}};
  const auto with = [&](const Fields& more) {
    Fields fields = get;
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
  };
  const std::vector<Fields> bad = {
      with({{"connection", "close"}}),
      with({{"keep-alive", "1"}}),
      with({{"transfer-encoding", "chunked"}}),
      with({{"upgrade", "h2c"}}),
      with({{"te", "gzip"}}),
      with({{"a", "b\r\nc: d"}}),
      with({{"content-length", "3"}}),
      with({{":path", "/other"}}),
      {{":method", "GET"}, {":scheme", "http"}, {":authority", "localhost"}},
      {{":method", "GET"}, {":scheme", "http"}, {":authority", "localhost"}, {":path", ""}},
  };
  std::vector<std::int32_t> ids;
  for (const auto& fields : bad) ids.push_back(site.peer().request(fields));
  const auto good = site.peer().get("/hello");
  site.talk();
  for (const auto id : ids) {
    INFO(id);
    CHECK(site.peer().answer(id).reset_with == 1U);
    CHECK(site.peer().answer(id).status.empty());
  }
  CHECK(site.peer().answer(good).body == "hello");
  CHECK(site.resets(ResetReason::kMalformed) == bad.size());
}

TEST_CASE("Names in upper case, which a block of fields may hold, are malformed", "[http][two]") {
  TwoSite site;
  // Literals without indexing (RFC 7541 section 6.2.2), since the test's own encoder lowers them.
  const std::string block = std::string("\x82\x86\x84\x41\x01") + "a" + std::string("\0\x01", 2) +
                            "X" + std::string("\x01", 1) + "y";
  Peer& peer = site.connect();
  peer.send(std::string(kHttp2Preface) + http2_frame(4, 0, 0) + http2_frame(1, 5, 1, block));
  site.turns();
  CHECK(has(peer.take(), http2_frame(3, 0, 1, std::string("\0\0\0\x01", 4))));
}

TEST_CASE("A body that is not as long as its length says is refused", "[http][two]") {
  TwoSite site;
  const auto shorter = site.peer().post("/echo", "ab", {{"content-length", "3"}});
  const auto longer = site.peer().post("/echo", "abcd", {{"content-length", "3"}});
  site.talk();
  CHECK(site.peer().answer(shorter).reset_with == 1U);
  CHECK(site.peer().answer(longer).reset_with == 1U);
  CHECK(site.observed.size() <= 1);
}

TEST_CASE("What HTTP/1 refuses is refused the same way", "[http][two]") {
  ServerOptions options;
  options.max_head = 1000;
  options.max_body = 1000;
  TwoSite site(options);
  const auto both = site.peer().get("/hello", {{"host", "other"}});
  const auto bad_host = site.peer().request(
      {{":method", "GET"}, {":scheme", "http"}, {":authority", "a b"}, {":path", "/hello"}});
  const auto large_head = site.peer().get("/hello", {{"x", std::string(2000, 'y')}});
  const auto long_path = site.peer().get("/" + std::string(2000, 'y'));
  const auto large_body = site.peer().post("/echo", std::string(5000, 'x'));
  const auto large_length =
      site.peer().post("/echo", std::string(5000, 'x'), {{"content-length", "5000"}});
  const auto missing = site.peer().get("/missing");
  const auto encoded = site.peer().post("/echo", "x", {{"content-encoding", "gzip"}});
  site.talk(40);
  const auto status = [&](std::int32_t id) { return site.peer().answer(id).status; };
  CHECK(status(both) == "400");
  CHECK(site.peer().answer(bad_host).reset_with == 1U);
  CHECK(status(large_head) == "431");
  CHECK(status(long_path) == "414");
  CHECK(status(large_body) == "413");
  CHECK(status(large_length) == "413");
  CHECK(status(missing) == "404");
  CHECK(status(encoded) == "415");
  CHECK(site.peer().answer(large_body).ended);
  CHECK(site.counts().streams == 0);
}

TEST_CASE("Cookies that come one by one are one field for what reads them", "[http][two]") {
  TwoSite site;
  std::string cookie;
  site.router.add("GET", "/cookie",
                  [&](Call& call) { cookie = call.request().fields.get("Cookie"); });
  site.peer().get("/cookie", {{"cookie", "a=1"}, {"cookie", "b=2"}});
  site.talk();
  CHECK(cookie == "a=1; b=2");
}

TEST_CASE("A peer that waits for 100 Continue is told", "[http][two]") {
  TwoSite site;
  const auto id = site.peer().request({{":method", "POST"},
                                       {":scheme", "http"},
                                       {":authority", "localhost"},
                                       {":path", "/echo"},
                                       {"content-length", "3"},
                                       {"expect", "100-continue"}},
                                      false, "abc");
  site.peer().exchange();
  site.talk();
  CHECK(site.peer().answer(id).body == "abc");
  CHECK(site.peer().answer(id).status == "200");
}

TEST_CASE("A stream's bytes are its body as they are, and its end is the stream's", "[http][two]") {
  TwoSite site;
  const auto id = site.peer().get("/stream");
  site.talk();
  REQUIRE(site.stream != nullptr);
  CHECK(site.peer().answer(id).status == "200");  // before anything is written
  CHECK(site.peer().answer(id).field("connection").empty());
  struct Told final : net::ReadyHandler {
    void on_ready(net::Readiness readiness) override { last = readiness; }
    net::Readiness last;
  } told;
  REQUIRE(site.stream->attach(*site.loop, told));
  const std::string text = "data: 1\n\n";
  const iovec piece{const_cast<char*>(text.data()), text.size()};
  CHECK(site.stream->write({&piece, 1}).bytes == text.size());
  CHECK(site.stream->promised() == 0);
  CHECK(site.stream->peer() == "192.0.2.1:1000");
  site.talk();
  CHECK(site.peer().answer(id).body == text);
  CHECK_FALSE(site.peer().answer(id).ended);
  site.stream->shutdown_write();
  site.talk();
  CHECK(site.peer().answer(id).ended);
  CHECK(told.last.hung_up);
  CHECK_FALSE(told.last.broken);
  char byte = 0;
  CHECK(site.stream->read({&byte, 1}).status == net::IoStatus::kEnd);
  site.stream.reset();
  site.talk();
  CHECK_FALSE(site.peer().answer(id).reset_with);
}

TEST_CASE("A stream that is cut is reset, so that it does not look whole", "[http][two]") {
  TwoSite site;
  const auto id = site.peer().get("/stream");
  site.talk();
  site.stream.reset();
  site.talk();
  CHECK(site.peer().answer(id).reset_with == 8U);
  CHECK_FALSE(site.peer().answer(id).ended);
  CHECK(site.resets(ResetReason::kCut) == 1);
}

TEST_CASE("A peer that resets a request hurries its answer, and others go on", "[http][two]") {
  TwoSite site;
  std::optional<DeferredAnswer> deferred;
  std::vector<Hurry> hurries;
  site.router.add("GET", "/later", [&](Call& call) {
    deferred = call.defer([&](Hurry why) { hurries.push_back(why); });
  });
  const auto id = site.peer().get("/later");
  site.talk();
  REQUIRE(deferred);
  site.peer().reset(id);
  const auto other = site.peer().get("/hello");
  site.talk();
  CHECK(hurries == std::vector<Hurry>{Hurry::kPeerLeft});
  CHECK(site.peer().answer(other).body == "hello");
  CHECK(site.resets(ResetReason::kPeer) == 1);
  deferred->send([](Response& response) { response.body = "too late"; });
  deferred.reset();
  site.talk();
  CHECK(site.counts().streams == 0);
}

TEST_CASE("A peer that leaves while answers are pending takes all of its streams along",
          "[http][two]") {
  TwoSite site;
  std::optional<DeferredAnswer> deferred;
  int hurries = 0;
  site.router.add("GET", "/later",
                  [&](Call& call) { deferred = call.defer([&](Hurry) { ++hurries; }); });
  site.peer().get("/later");
  site.peer().get("/stream");
  site.talk();
  REQUIRE(deferred);
  REQUIRE(site.stream != nullptr);
  struct Told final : net::ReadyHandler {
    explicit Told(std::unique_ptr<net::Socket>& its_stream) : stream(its_stream) {}
    void on_ready(net::Readiness readiness) override {
      if (readiness.broken) stream.reset();
    }
    std::unique_ptr<net::Socket>& stream;
  } told(site.stream);
  REQUIRE(site.stream->attach(*site.loop, told));
  site.wire().reset();
  site.turns();
  CHECK(hurries == 1);
  CHECK(site.stream == nullptr);
  CHECK(site.counts().streams == 0);
  CHECK(site.counts().open == 0);
  deferred->send([](Response& response) { response.body = "too late"; });
  site.turns();
  CHECK(site.state->open.all() == 0);
}

TEST_CASE("A server that goes leaves streams that only fail", "[http][two]") {
  auto site = std::make_unique<TwoSite>();
  site->peer().get("/stream");
  site->talk();
  auto stream = std::move(site->stream);
  REQUIRE(stream != nullptr);
  site->made.reset();
  const iovec piece{const_cast<char*>("x"), 1};
  CHECK(stream->write({&piece, 1}).status == net::IoStatus::kPeerGone);
  char byte = 0;
  CHECK(stream->read({&byte, 1}).status == net::IoStatus::kPeerGone);
  stream->shutdown_write();
  CHECK(stream->peer() == "192.0.2.1:1000");
}

}  // namespace
}  // namespace sse::http
