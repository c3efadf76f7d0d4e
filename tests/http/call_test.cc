// A request and what comes of it: judged by its head, answered by its route, or made a stream.
#include "sse/http/call.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "sse/http/connection_set.h"
#include "sse/http/error_response.h"
#include "sse/net/socket.h"

#include "http/site.h"
#include "support/catch.h"
#include "support/chunked.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

/// A site with a gate that knows one path it refuses, and counts what it lets pass.
struct Gated : Site {
  explicit Gated(ServerOptions given = {}) : Site(given) {
    hooks.on_head = [](Call& call) {
      call.response().fields.set("Vary", "Origin");
      if (call.request().fields.has("Authorization")) {
        call.identity() = std::make_shared<const Identity>(Identity{"ann"});
      }
      if (call.request().fields.get("Origin") != "http://evil") return Verdict::kGoOn;
      error_response(call.response(), 403, "not for you");
      return Verdict::kAnswered;
    };
    hooks.on_request = [this](Call& call, Finish&) {
      bodies.push_back(call.request().body);
      return Verdict::kGoOn;
    };
    router.add("GET", "/me", [](Call& call) {
      const auto& identity = call.identity();
      call.response().set_content(identity ? identity->id : "", "text/plain");
    });
  }

  std::vector<std::string> bodies;
};

std::string head_of(std::string_view line, std::string_view fields) {
  return std::string(line) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

TEST_CASE("What the head decides is answered before the body comes, and Expect gets no 100",
          "[http][call]") {
  struct Judged {
    const char* line;
    const char* fields;
    const char* status;
  };
  constexpr std::array kCases = {
      Judged{"POST /echo", "Origin: http://evil\r\nContent-Length: 5\r\n", "403"},
      Judged{"POST /none", "Content-Length: 5\r\n", "404"},
      Judged{"POST /hello", "Content-Length: 5\r\n", "405"},
      Judged{"BREW /echo", "Content-Length: 5\r\n", "501"},
      Judged{"POST /echo", "Content-Length: 11\r\n", "413"},
      Judged{"POST /echo", "Origin: http://evil\r\nContent-Length: 11\r\n", "403"},
      Judged{"POST /none", "Content-Length: 11\r\n", "404"},
      Judged{"POST /echo", "Host: h\r\nContent-Length: 5\r\n", "400"},
      Judged{"POST /none", "Transfer-Encoding: chunked\r\n", "404"},
  };
  ServerOptions options;
  options.max_body = 10;
  for (const auto& judged : kCases) {
    for (const std::string expect : {"", "Expect: 100-continue\r\n"}) {
      CAPTURE(judged.line, judged.fields, expect);
      Gated site(options);
      Peer& peer = site.connect();
      peer.send(head_of(judged.line, judged.fields + expect));
      const auto answer = peer.take();
      CHECK(answer.substr(0, 12) == std::string("HTTP/1.1 ") + judged.status);
      CHECK(has(answer, "Connection: close\r\n"));
      CHECK(peer.saw_end());
      CHECK(site.bodies.empty());
      // What was on its way is read past, so that no reset destroys the answer.
      peer.send("hello");
      CHECK_FALSE(peer.is_closed());
      CHECK(peer.take().empty());
      peer.finish();
      CHECK(peer.is_closed());
    }
  }
}

TEST_CASE("A connection whose refused request was there whole goes on", "[http][call]") {
  for (const std::string body : {"Content-Length: 5\r\n\r\nhello",
                                 "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"}) {
    CAPTURE(body);
    Gated site;
    Peer& peer = site.connect();
    peer.send("POST /none HTTP/1.1\r\nHost: h\r\n" + body + head_of("GET /hello", ""));
    const auto answers = peer.take();
    CHECK(answers.substr(0, 12) == "HTTP/1.1 404");
    CHECK(has(answers, "\r\n\r\nhello"));
    CHECK_FALSE(has(answers, "Connection: close"));
    CHECK_FALSE(peer.saw_end());
    CHECK(site.bodies == std::vector<std::string>{""});  // of /hello; the other was never asked
  }
}

TEST_CASE("A refused request whose body never ends costs no more than its connection",
          "[http][call]") {
  Gated site;
  Peer& peer = site.connect();
  peer.send(head_of("POST /none", "Transfer-Encoding: chunked\r\n") + "5\r\nhe");
  CHECK(peer.saw_end());
  for (int i = 0; i < 5 && !peer.is_closed(); ++i) {
    peer.send("llo");
    site.pass(1s);
  }
  CHECK(peer.is_closed());
}

TEST_CASE("A body that is malformed is refused with what the gate said of the head",
          "[http][call]") {
  Gated site;
  const auto answer =
      site.ask(head_of("POST /echo", "Transfer-Encoding: chunked\r\n") + "nonsense\r\n");
  CHECK(answer.substr(0, 12) == "HTTP/1.1 400");
  const auto first = answer.find("Vary: Origin");
  CHECK(first != std::string::npos);
  CHECK(answer.find("Vary: Origin", first + 1) == std::string::npos);
}

TEST_CASE("What a gate answers, and a body that is refused, are not answers of the route",
          "[http][call]") {
  ServerOptions options;
  options.request_timeout = 10s;
  Site site(options);
  site.hooks.on_request = [](Call& call, Finish&) {
    if (call.request().body != "again") return Verdict::kGoOn;
    error_response(call.response(), 409, "not twice");
    return Verdict::kAnswered;
  };
  site.ask(head_of("POST /echo", "Content-Length: 5\r\n") + "again");
  site.ask(head_of("POST /echo", "Transfer-Encoding: chunked\r\n") + "nonsense\r\n");
  site.connect().send(head_of("POST /echo", "Content-Length: 5\r\n") + "slow");
  site.pass(11s);
  site.ask(head_of("POST /echo", "Content-Length: 5\r\n") + "hello");
  CHECK(site.observed ==
        std::vector<std::string>{"POST  409", "POST  400", "POST  408", "POST /echo 200"});
}

TEST_CASE("Expect is answered with 100 once the head is judged", "[http][call]") {
  Gated site;
  Peer& peer = site.connect();
  peer.send(head_of("POST /echo", "Content-Length: 2\r\nExpect: 100-continue\r\n"));
  CHECK(peer.take() == "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("hi");
  CHECK(has(peer.take(), "\r\n\r\nhi"));
  CHECK(site.bodies == std::vector<std::string>{"hi"});
}

TEST_CASE("A gate says who asks, for that request", "[http][call]") {
  Gated site;
  Peer& peer = site.connect();
  peer.send(head_of("GET /me", "Authorization: Bearer t\r\n"));
  CHECK(has(peer.take(), "\r\n\r\nann"));
  peer.send(head_of("GET /me", ""));
  CHECK(has(peer.take(), "Content-Length: 0\r\n"));
}

TEST_CASE("A gate knows the peer also where the head itself is refused", "[http][call]") {
  ServerOptions options;
  options.max_body = 10;
  Site site(options);
  std::vector<std::string> peers;
  site.hooks.on_head = [&](Call& call) {
    peers.push_back(call.request().remote_address);
    return Verdict::kGoOn;
  };
  site.ask(head_of("GET /hello", ""));
  site.ask(head_of("POST /echo", "Content-Length: 11\r\n"));
  REQUIRE(peers.size() == 2);
  CHECK_FALSE(peers[0].empty());
  CHECK(peers[1] == peers[0]);
}

TEST_CASE("A gate that throws is a 500, and no route is asked", "[http][call]") {
  Site site;
  site.hooks.on_head = [](Call&) -> Verdict { throw std::runtime_error("out of luck"); };
  CHECK(site.ask(head_of("GET /hello", "")).substr(0, 12) == "HTTP/1.1 500");
}

TEST_CASE("What a gate defers by the head is dropped, and touches no later request",
          "[http][call]") {
  for (const bool is_refused : {false, true}) {
    CAPTURE(is_refused);
    Site site;
    std::vector<DeferredAnswer> kept;
    site.hooks.on_head = [&](Call& call) {
      if (!call.request().fields.has("Content-Length")) return Verdict::kGoOn;
      kept.push_back(call.defer(nullptr));
      call.response().status = 403;
      return Verdict::kAnswered;
    };
    Peer& peer = site.connect();
    const std::string coding = is_refused ? "Content-Encoding: gzip\r\n" : "";
    peer.send(head_of("POST /echo", "Content-Length: 0\r\n" + coding));
    CHECK(peer.take().substr(0, 12) == (is_refused ? "HTTP/1.1 415" : "HTTP/1.1 403"));
    REQUIRE(kept.size() == 1);
    CHECK_FALSE(kept[0].is_awaited());
    kept[0].send([](Response& response) { response.status = 200; });
    site.loop->turn();
    CHECK(peer.take().empty());
    if (is_refused) continue;
    peer.send(head_of("GET /hello", ""));
    CHECK(has(peer.take(), "\r\n\r\nhello"));
  }
}

TEST_CASE("A stream is framed as its request's version asks, and HEAD shows its head",
          "[http][call]") {
  Site site;
  const auto start = [&](const std::string& request) {
    Peer& peer = site.connect();
    peer.send(request);
    if (site.stream == nullptr) return peer.take();
    const std::string text = "data: x\n\n";
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    CHECK(peer.received().empty());  // the head leaves with the first write
    CHECK(site.stream->write({&piece, 1}).bytes == text.size());
    site.stream->shutdown_write();
    site.stream.reset();
    return peer.take();
  };
  const auto chunked = start("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto stream = test::read_stream(chunked);
  CHECK(stream.is_chunked);
  CHECK(stream.is_whole);
  CHECK(stream.text == "data: x\n\n");
  CHECK(stream.head ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
        "Date: Fri, 15 Jan 2027 08:00:00 GMT\r\nConnection: close\r\n\r\n");
  CHECK(start("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n") == stream.head);
  const auto plain = start("GET /stream HTTP/1.0\r\n\r\n");
  CHECK(plain ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        "Date: Fri, 15 Jan 2027 08:00:00 GMT\r\nConnection: close\r\n\r\ndata: x\n\n");
}

}  // namespace
}  // namespace sse::http
