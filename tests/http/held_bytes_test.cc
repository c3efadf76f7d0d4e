// What requests and answers hold together, and its ceiling.

#include "sse/http/held_bytes.h"

#include <atomic>
#include <deque>
#include <string>
#include <string_view>

#include "http/site.h"
#include "support/catch.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kReadBuffer = 64U << 10U;
constexpr std::size_t kMega = 1U << 20U;
constexpr std::string_view kHello = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";

std::string at(int address) {
  return "127.0.0." + std::to_string(address) + ":1000";
}

std::string post(std::size_t length, std::string_view body, std::string_view fields = {}) {
  return "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

ServerOptions at_most(std::size_t bytes) {
  ServerOptions options;
  options.max_http_bytes = bytes;
  return options;
}

/// A site that watches the sum, with a long answer at `/long?KIB` and a late one at `/later`.
struct Holding : Site {
  explicit Holding(std::size_t limit) : Site(at_most(limit)) {
    router.add("GET", "/long", [](Call& call) {
      const std::size_t size = std::stoul(call.request().params.at(0).first) << 10U;
      call.response().body.assign(size, 'x');
    });
    router.add("GET", "/later", [this](Call& call) { later.push_back(call.defer(nullptr)); });
  }

  Peer& ask_for(int address, std::string_view bytes, std::size_t room = test::kUnlimited) {
    Peer& peer = connect(at(address));
    peer.set_room(room);
    peer.keep_received(room != 0);
    peer.send(bytes);
    most = std::max(most, sum());
    return peer;
  }
  std::size_t sum() const { return state->held.sum(); }
  void settle() {
    for (int i = 0; i < 8; ++i) {
      turn();
      most = std::max(most, sum());
    }
  }

  std::size_t most = 0;
  std::deque<DeferredAnswer> later;
};

std::string long_answer(std::size_t kib) {
  return "GET /long?" + std::to_string(kib) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

TEST_CASE("The sum is never past its limit", "[http][bytes]") {
  HeldBytes all(100);
  CHECK(all.take(60));
  CHECK_FALSE(all.take(41));
  CHECK(all.take(40));
  CHECK_FALSE(all.take(1));
  all.give_back(10);
  CHECK(all.left() == 10);
  all.add(20);
  CHECK(all.sum() == 110);
  CHECK(all.left() == 0);
  CHECK_FALSE(all.take(0));
}

TEST_CASE("An address holds at most four times what is left", "[http][bytes]") {
  HeldBytes all(1'000);
  std::atomic<std::size_t> of_first = 0;
  std::atomic<std::size_t> of_second = 0;
  HeldShare first(all, of_first);
  HeldShare second(all, of_second);
  CHECK(first.hold(800));
  CHECK_FALSE(first.hold(840));
  CHECK(first.held() == 800);
  CHECK(first.is_at_end());
  CHECK_FALSE(second.is_at_end());
  CHECK(second.hold(160));
  CHECK_FALSE(second.hold(180));
  CHECK(all.is_scarce());
  CHECK(first.hold(0));
  CHECK(second.hold(600));
  CHECK(all.sum() == of_first + of_second);
}

TEST_CASE("A connection counts what it holds, and nothing when it is idle", "[http][bytes]") {
  Holding site(kMega);
  Peer& peer = site.ask_for(1, kHello);
  CHECK(site.sum() == 0);
  peer.send("GET /hel");
  CHECK(site.sum() > 0);
  peer.send("lo HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(site.sum() == 0);
  peer.send(post(10, "12345"));
  CHECK(site.sum() > 0);
  peer.send("67890");
  CHECK(site.sum() == 0);
  peer.set_room(10);
  peer.send(long_answer(100));
  CHECK(site.sum() >= 100U << 10U);
  peer.set_room(test::kUnlimited);
  CHECK(site.sum() == 0);
  peer.send(post(100'000, "abc"));
  CHECK(site.sum() >= 100'000);  // it may come at any time
  peer.reset();
  CHECK(site.sum() == 0);
}

TEST_CASE("A body that finds no room is refused before it comes", "[http][bytes]") {
  Holding site(2 * kMega);
  Peer& first = site.ask_for(1, post(kMega, "abc"));
  CHECK(first.received().empty());
  Peer& second = site.ask_for(1, post(kMega, "", "Expect: 100-continue\r\n"));
  CHECK(has(second.received(), "HTTP/1.1 503 Service Unavailable\r\n"));
  CHECK(has(second.received(), "Retry-After: 1\r\n"));
  CHECK_FALSE(has(second.received(), "100 Continue"));
  CHECK(has(second.received(), "--max-http-bytes"));
  CHECK(site.set().counts().refused_for_bytes == 1);
  first.send(std::string(kMega - 3, 'x'));
  site.settle();
  CHECK(has(first.received(), "200 OK"));
  CHECK(site.most <= 2 * kMega);
  CHECK(site.sum() == 0);
}

TEST_CASE("A chunked body is counted as it grows, and refused where it finds no room",
          "[http][bytes]") {
  Holding site(256U << 10U);
  Peer& peer =
      site.ask_for(1, "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
  for (int i = 0; i < 30; ++i) {
    peer.send(chunk);
    site.most = std::max(site.most, site.sum());
  }
  CHECK(has(peer.received(), "503 Service Unavailable"));
  CHECK(site.most > 100U << 10U);
  CHECK(site.most <= (256U << 10U) + kReadBuffer);
}

TEST_CASE("A body holds no more memory than it may", "[http][bytes]") {
  for (const bool is_chunked : {false, true}) {
    RequestParser parser({1'000, 100'000});
    Request request;
    const std::string head = is_chunked ? "Transfer-Encoding: chunked" : "Content-Length: 90000";
    parser.feed("POST /x HTTP/1.1\r\nHost: h\r\n" + head + "\r\n\r\n", request);
    REQUIRE(parser.progress() == RequestParser::Progress::kHead);
    parser.go_on();
    const std::string piece(10'000, 'x');
    for (int i = 0; i < 9; ++i) {
      const std::size_t said = parser.body_held(request.body, piece.size());
      parser.feed(is_chunked ? "2710\r\n" + piece + "\r\n" : piece, request);
      CHECK(request.body.capacity() <= said);
    }
    CHECK(request.body.size() == 90'000);
    CHECK(request.body.capacity() <= (is_chunked ? 100'000 : 90'000));
  }
}

TEST_CASE("What a response's pieces are made of is counted as long as it is held",
          "[http][bytes]") {
  Holding site(4 * kMega);
  site.router.add("GET", "/pieces", [](Call& call) {
    const auto held = std::make_shared<std::size_t>(200'000);
    call.response().held_by_pieces = held;
    call.response().pieces = [held, left = 3](std::string& out, const auto&) mutable {
      out.append(1'000, 'x');
      *held -= 50'000;
      return --left > 0 ? Piece::kMore : Piece::kLast;
    };
  });
  Peer& peer = site.ask_for(1, "GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n", 10);
  CHECK(site.sum() > 200'000);  // none is made yet
  site.turn();
  CHECK(site.sum() > 150'000);
  CHECK(site.sum() < 170'000);
  peer.set_room(2'000);
  site.turns();
  CHECK(site.sum() > 100'000);
  CHECK(site.sum() < 120'000);
  peer.set_room(test::kUnlimited);
  site.turns();
  CHECK(site.sum() == 0);
}

TEST_CASE("One address that reads no answer stops no other", "[http][bytes]") {
  constexpr std::size_t kLimit = 4 * kMega;
  Holding site(kLimit);
  for (int i = 0; i < 200; ++i) {
    site.ask_for(1, long_answer(100), 0);
    if (i % 16 == 0) site.settle();
    Peer& other = site.ask_for(2, post(1'000, std::string(1'000, 'y')));
    CHECK(has(other.received(), "200 OK"));
    other.finish();
  }
  site.settle();
  CHECK(site.most <= kLimit + kReadBuffer);
  CHECK(site.most > kLimit / 2);
  CHECK(site.set().counts().cut_for_bytes > 0);
  Peer& large = site.ask_for(2, post(kMega / 2, "abc"));
  large.send(std::string(kMega / 2 - 3, 'x'));
  site.settle();
  CHECK(has(large.received(), "200 OK"));
}

TEST_CASE("Of an address's unread answers the longest unmoved are cut first", "[http][bytes]") {
  Holding site(4 * kMega);
  Peer& first = site.ask_for(1, long_answer(1'000), 0);
  Peer& second = site.ask_for(1, long_answer(1'000), 0);
  site.clock.advance(1s);
  site.settle();
  second.set_room(10);
  site.ask_for(1, long_answer(700), 0);
  Peer& last = site.ask_for(1, long_answer(400), 0);
  site.settle();
  CHECK(first.is_closed());
  CHECK_FALSE(second.is_closed());
  CHECK_FALSE(last.is_closed());
}

TEST_CASE("The address that holds most gives way when another needs room", "[http][bytes]") {
  constexpr std::size_t kLimit = 4 * kMega;
  Holding site(kLimit);
  std::vector<Peer*> many;
  for (int i = 0; i < 11; ++i) many.push_back(&site.ask_for(1, long_answer(256), 0));
  site.settle();
  for (const Peer* peer : many) CHECK_FALSE(peer->is_closed());
  Peer& other = site.ask_for(2, long_answer(800), 0);
  site.settle();
  CHECK(many.front()->is_closed());
  CHECK_FALSE(many.back()->is_closed());
  CHECK_FALSE(other.is_closed());
  CHECK(site.most <= kLimit);
}

TEST_CASE("A request that comes whole is served, whatever its address holds", "[http][bytes]") {
  Holding site(4 * kMega);
  std::vector<Peer*> bodies;
  for (int i = 0; i < 3; ++i) bodies.push_back(&site.ask_for(1, post(kMega, "abc")));
  CHECK(has(site.ask_for(1, post(kMega, "abc")).received(), "503 Service Unavailable"));
  CHECK(site.ask_for(1, kHello).received().ends_with("hello"));
  CHECK(has(site.ask_for(1, post(1'000, std::string(1'000, 'x'))).received(), "200 OK"));
  CHECK(site.ask_for(2, kHello).received().ends_with("hello"));
  for (Peer* peer : bodies) {
    peer->send(std::string(kMega - 3, 'x'));
    site.settle();
    CHECK(has(peer->received(), "200 OK"));
  }
}

TEST_CASE("A server drains while bodies are on their way", "[http][bytes]") {
  Holding site(4 * kMega);
  Peer& idle = site.connect(at(1));
  std::vector<Peer*> bodies;
  for (int i = 0; i < 3; ++i) bodies.push_back(&site.ask_for(1, post(kMega, "abc")));
  bool is_empty = false;
  site.set().drain(5s, [&] { is_empty = true; });
  CHECK(idle.is_closed());
  for (Peer* peer : bodies) {
    peer->send(std::string(kMega - 3, 'x'));
    site.settle();
    CHECK(has(peer->received(), "Connection: close"));
    peer->finish();
  }
  site.settle();
  CHECK(is_empty);
}

}  // namespace
}  // namespace sse::http
