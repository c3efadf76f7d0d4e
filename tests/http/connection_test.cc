#include "sse/http/connection.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <httplib.h>
#include <malloc.h>

#include "sse/http/connection_set.h"
#include "sse/http/error_response.h"

#include "http/site.h"
#include "support/catch.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kHello = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";

int times(std::string_view text, std::string_view part) {
  int count = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST_CASE("A request is answered with what its handler said", "[http][connection]") {
  Site site;
  CHECK(site.ask(kHello) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
        "Date: Fri, 15 Jan 2027 08:00:00 GMT\r\n\r\nhello");
  CHECK(site.observed == std::vector<std::string>{"GET /hello 200"});
}

TEST_CASE("A connection serves one request after the other", "[http][connection]") {
  Site site;
  Peer& peer = site.connect();
  for (int i = 0; i < 3; ++i) {
    peer.send(kHello);
    CHECK(has(peer.take(), "\r\n\r\nhello"));
    CHECK(peer.writes() == static_cast<std::size_t>(i + 1));
  }
  CHECK_FALSE(peer.saw_end());
}

TEST_CASE("Pipelined requests are answered in order, none before the last has left",
          "[http][connection]") {
  Site site;
  Peer& peer = site.connect();
  std::string bytes;
  for (int i = 0; i < 100; ++i) {
    const auto body = std::to_string(1000 + i);
    bytes += "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n" + body;
  }
  peer.set_room(10);
  peer.send(bytes);
  CHECK(peer.received().size() == 10);
  peer.set_room(test::kUnlimited);
  for (int i = 0; i < 10; ++i) site.loop->turn();
  const auto received = peer.take();
  CHECK(times(received, "HTTP/1.1 200 OK") == 100);
  for (int i = 1; i < 100; ++i) {
    CAPTURE(i);
    CHECK(received.find(std::to_string(999 + i)) < received.find(std::to_string(1000 + i)));
  }
}

TEST_CASE("A peer that is always a byte ahead does not make its connection grow",
          "[http][connection]") {
  Site site;
  Peer& peer = site.connect();
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 12000\r\n\r\n" + std::string(12'000, 'x');
  const std::string shifted = request.substr(1) + request.front();
  peer.send(request + request.front());
  const auto before = ::mallinfo2().uordblks;
  for (int i = 0; i < 1'000; ++i) {
    peer.send(shifted);
    REQUIRE(times(peer.take(), "HTTP/1.1 200 OK") >= 1);
  }
  CHECK(::mallinfo2().uordblks < before + 1'000'000);  // sent: twelve million
}

TEST_CASE("Any split of the input and of the output gives the same answers", "[http][connection]") {
  const std::string bytes =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x=1\r\nabc\r\n02\r\nde\r\n0\r\nX: y\r\n\r\n" +
      std::string(kHello);
  Site site;
  const auto expected = site.ask(bytes);
  REQUIRE(has(expected, "\r\n\r\nabcde"));
  REQUIRE(has(expected, "\r\n\r\nhello"));
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    CAPTURE(cut);
    Peer& peer = site.connect();
    peer.set_write_limit(1 + cut % 7);
    peer.send(std::string_view(bytes).substr(0, cut));
    peer.send(std::string_view(bytes).substr(cut));
    for (int i = 0; i < 20; ++i) site.loop->turn();
    CHECK(peer.take() == expected);
  }
}

TEST_CASE("An answer leaves byte by byte when the socket takes no more", "[http][connection]") {
  Site site;
  const auto expected = site.ask(kHello);
  Peer& peer = site.connect();
  peer.set_room(0);
  peer.send(kHello);
  for (std::size_t i = 0; i < expected.size(); ++i) peer.set_room(1);
  CHECK(peer.take() == expected);
}

TEST_CASE("A refused request closes the connection and what follows it is not served",
          "[http][connection]") {
  Site site;
  Peer& peer = site.connect();
  peer.send("GET /hello HTTP/1.1\r\nHost : h\r\n\r\n" + std::string(kHello));
  const auto received = peer.take();
  CHECK(received.rfind("HTTP/1.1 400 Bad Request\r\n", 0) == 0);
  CHECK(has(received, "Connection: close\r\n"));
  CHECK(has(received, "\r\n\r\n{\"error\":\"a header field's name is malformed\"}"));
  CHECK(times(received, "HTTP/1.1") == 1);
  CHECK(peer.saw_end());
  CHECK_FALSE(peer.is_closed());  // it lingers, so that no reset destroys the answer
  peer.finish();
  CHECK(peer.is_closed());
}

TEST_CASE("A lingering connection ends by itself, whatever the peer sends", "[http][connection]") {
  Site site;
  Peer& peer = site.connect();
  peer.send("nonsense\r\n\r\n");
  for (int i = 0; i < 4 && !peer.is_closed(); ++i) {
    peer.send("more nonsense");
    site.pass(1s);
  }
  CHECK(peer.is_closed());
  CHECK(site.state->open.all() == 0);
}

TEST_CASE("Connection: close in any case, and HTTP/1.0, end after the answer",
          "[http][connection]") {
  Site site;
  for (const std::string_view bytes :
       {"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: foo, ClOsE\r\n\r\n",
        "GET /hello HTTP/1.0\r\n\r\n"}) {
    Peer& peer = site.connect();
    peer.send(bytes);
    CHECK(has(peer.received(), "Connection: close\r\n"));
    CHECK(peer.saw_end());
  }
  Peer& kept = site.connect();
  kept.send("GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  CHECK(has(kept.received(), "Connection: keep-alive\r\n"));
  CHECK_FALSE(kept.saw_end());
}

TEST_CASE("Expect: 100-continue is answered before the body", "[http][connection]") {
  Site site;
  Peer& peer = site.connect();
  peer.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n");
  CHECK(peer.take() == "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("h");
  CHECK(peer.take().empty());
  peer.send("i");
  CHECK(has(peer.take(), "\r\n\r\nhi"));
}

TEST_CASE("A handler that throws is a 500, and the connection goes on", "[http][connection]") {
  Site site;
  Peer& peer = site.connect();
  peer.send("GET /broken HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto received = peer.take();
  CHECK(has(received, "500 Internal Server Error"));
  CHECK_FALSE(has(received, "out of luck"));
  peer.send(kHello);
  CHECK(has(peer.take(), "hello"));
}

TEST_CASE("HEAD has the head of GET and no body", "[http][connection]") {
  Site site;
  const auto answer = site.ask("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(has(answer, "Content-Length: 5\r\n"));
  CHECK(answer.substr(answer.size() - 4) == "\r\n\r\n");
  const auto counted = site.ask("HEAD /counted HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(has(counted, "Content-Length: 1048576\r\n"));
  CHECK(site.given_bytes == 0);
}

TEST_CASE("HEAD on a stream is 200 and a head without a length", "[http][connection]") {
  Site site;
  const auto answer = site.ask("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(has(answer, "HTTP/1.1 200 OK\r\n"));
  CHECK_FALSE(has(answer, "Content-Length"));
}

TEST_CASE("404, 405 with Allow, 501 and OPTIONS", "[http][connection]") {
  Site site;
  CHECK(has(site.ask("GET /none HTTP/1.1\r\nHost: h\r\n\r\n"), "404 Not Found"));
  const auto wrong = site.ask("DELETE /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(has(wrong, "405 Method Not Allowed"));
  CHECK(has(wrong, "Allow: GET, HEAD, OPTIONS\r\n"));
  CHECK(has(site.ask("BREW /hello HTTP/1.1\r\nHost: h\r\n\r\n"), "501 Not Implemented"));
  const auto options = site.ask("OPTIONS /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(has(options, "204 No Content"));
  CHECK(has(options, "Allow: OPTIONS, POST\r\n"));
  CHECK_FALSE(has(options, "Content-Length"));
}

TEST_CASE("A big answer is made as the socket drains, never held whole", "[http][connection]") {
  Site site;
  Peer& peer = site.connect();
  peer.set_room(1000);
  peer.send("GET /counted HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(site.given_bytes <= 64U << 10U);
  peer.set_room(100'000);
  site.turns();
  CHECK(site.given_bytes <= 128U << 10U);
  peer.set_room(test::kUnlimited);
  site.turns();
  CHECK(has(peer.received(), "Content-Length: 1048576\r\n"));
  CHECK(peer.received().size() - peer.received().find("\r\n\r\n") - 4 == 1U << 20U);
  CHECK(site.observed == std::vector<std::string>{"GET /counted 200"});
}

TEST_CASE("An answer of unknown length is chunked, and ends the connection for HTTP/1.0",
          "[http][connection]") {
  Site site;
  const auto chunked = site.ask("GET /parts HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(has(chunked, "Transfer-Encoding: chunked\r\n"));
  CHECK(has(chunked, "\r\n\r\n00000003\r\nabc\r\n00000003\r\nabc\r\n0\r\n\r\n"));
  Peer& old = site.connect();
  old.send("GET /parts HTTP/1.0\r\n\r\n");
  site.turns();
  CHECK(has(old.received(), "\r\n\r\nabcabc"));
  CHECK_FALSE(has(old.received(), "chunked"));
  CHECK(old.saw_end());
}

TEST_CASE("A stream handler takes the socket, and what followed its request is dropped",
          "[http][connection]") {
  Site site;
  Peer& peer = site.connect();
  peer.send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(kHello));
  REQUIRE(site.stream != nullptr);
  CHECK(peer.received().empty());
  CHECK_FALSE(peer.is_closed());
  CHECK(site.state->open.all() == 0);
  CHECK(site.observed == std::vector<std::string>{"GET /stream 200"});
}

TEST_CASE("A request that is not whole in time gets 408, however it dribbles",
          "[http][connection]") {
  Site site;
  for (const std::string_view bytes :
       {"GET /hel", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n"}) {
    Peer& peer = site.connect();
    peer.send(bytes);
    for (int second = 0; second < 9; ++second) {
      site.pass(1s);
      peer.send("x");
    }
    CHECK_FALSE(peer.saw_end());
    site.pass(1s);
    CHECK(has(peer.received(), "HTTP/1.1 408 Request Timeout\r\n"));
    CHECK(peer.saw_end());
    site.pass(3s);
    CHECK(peer.is_closed());
  }
  CHECK(site.set().counts().timed_out == 2);
}

TEST_CASE("An idle connection is closed in silence at its time", "[http][connection]") {
  Site site;
  Peer& peer = site.connect();
  peer.send(kHello);
  peer.take();
  site.pass(74s);
  CHECK_FALSE(peer.is_closed());
  site.pass(1s);
  CHECK(peer.is_closed());
  CHECK(peer.received().empty());
}

TEST_CASE("A peer that takes nothing of its answer is cut", "[http][connection]") {
  Site site;
  Peer& peer = site.connect();
  peer.set_room(5);
  peer.send(kHello);
  site.pass(29s);
  peer.set_room(5);  // takes some: the time begins again
  site.pass(29s);
  CHECK_FALSE(peer.is_closed());
  site.pass(1s);
  CHECK(peer.is_closed());
  CHECK(site.observed == std::vector<std::string>{"GET /hello 200 cut"});
}

TEST_CASE("Nothing is read while an answer is on its way", "[http][connection]") {
  Site site;
  Peer& peer = site.connect();
  peer.set_room(5);
  peer.send(kHello);
  peer.send(kHello);
  CHECK(site.observed.empty());
  peer.set_room(test::kUnlimited);
  CHECK(site.observed.size() == 2);
}

TEST_CASE("A full server closes the connection that is idle longest for a new one",
          "[http][connection]") {
  ServerOptions options;
  options.max_connections = 2;
  Site site(options);
  Peer& busy = site.connect();
  busy.send("GET /hel");
  Peer& idle = site.connect();
  Peer& fresh = site.connect();
  CHECK(idle.is_closed());
  CHECK_FALSE(busy.is_closed());
  fresh.send("GET /hel");
  Peer& refused = site.connect();
  CHECK(has(refused.received(), "503 Service Unavailable"));
  CHECK(has(refused.received(), "Retry-After: 1\r\n"));
  CHECK(refused.saw_end());
}

TEST_CASE("Draining finishes what is in flight and closes what is idle", "[http][connection]") {
  Site site;
  Peer& idle = site.connect();
  Peer& busy = site.connect();
  Peer& slow = site.connect();
  busy.send(kHello.substr(0, 10));
  slow.send(kHello.substr(0, 10));
  bool done = false;
  site.set().drain(5s, [&] { done = true; });
  CHECK(idle.is_closed());
  busy.send(kHello.substr(10));
  CHECK(has(busy.received(), "Connection: close\r\n"));
  busy.finish();
  CHECK(busy.is_closed());
  CHECK_FALSE(done);
  site.pass(5s);
  CHECK(slow.is_closed());
  CHECK(done);
}

TEST_CASE("A connection that was to go on does not outlast a drain", "[http][connection]") {
  Site site;
  std::vector<Peer*> many;
  for (int i = 0; i < 400; ++i) many.push_back(&site.connect());
  // More requests than a turn has a budget for: some are resumed.
  bool is_drained = false;
  site.loop->post([&] {
    for (Peer* peer : many) peer->send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    site.set().drain(1s, [&is_drained] { is_drained = true; });
  });
  site.turns();
  site.pass(1s);
  site.turns();
  CHECK(is_drained);
}

TEST_CASE("A peer that breaks off leaves nothing behind", "[http][connection]") {
  Site site;
  for (std::size_t cut = 0; cut <= kHello.size(); ++cut) {
    CAPTURE(cut);
    Peer& peer = site.connect();
    if (cut % 2 == 0) peer.set_room(3);
    peer.send(kHello.substr(0, cut));
    peer.reset();
    CHECK(peer.is_closed());
    CHECK(site.state->open.all() == 0);
  }
}

}  // namespace
}  // namespace sse::http
