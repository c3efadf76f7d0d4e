// Who gives way when connections are scarce.

#include "sse/http/connection_shares.h"

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/site.h"
#include "support/catch.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kHello = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kWait = "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kPost =
    "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";

std::string at(int address, int port = 1000) {
  return "127.0.0." + std::to_string(address) + ":" + std::to_string(port);
}

ServerOptions at_most(std::size_t connections) {
  ServerOptions options;
  options.max_connections = connections;
  return options;
}

/// A site of two loops that share their connections, with long polls at `/wait`, and a handler at
/// `/slow` that only answers when it wants to.
struct Shared : Site {
  explicit Shared(const ServerOptions& given) : Site(given) {
    auto opened = net::Loop::open(clock, 1);
    REQUIRE(opened);
    other_loop = std::move(opened).value();
    router.add("GET", "/wait", [this](Call& call) {
      const std::size_t number = waits.size();
      waits.emplace_back();
      waits.back() = call.defer([this, number](Hurry why) {
        hurries.push_back(why);
        waits[number]->send([](Response& response) { response.body = "nothing yet"; });
      });
    });
    router.add("GET", "/slow", [this](Call& call) { slow.push_back(call.defer(nullptr)); });
    set();
    other.emplace(*other_loop, *state);
    state->post = [this](unsigned on, std::function<void(ConnectionSet&)> task) {
      (on == 0 ? *loop : *other_loop).post([this, on, task] { task(on == 0 ? *made : *other); });
    };
  }
  ~Shared() {
    other.reset();
    made.reset();
  }

  Peer& connect_there(std::string address) {
    Peer& peer = peers.emplace_back();
    peer.set_address(std::move(address));
    other->count_dealt();
    other->adopt(std::make_unique<test::MemorySocket>(peer));
    return peer;
  }

  /// Many connections of one address, on both loops, each of which sends `bytes`.
  std::vector<Peer*> crowd(std::size_t count, int address, std::string_view bytes) {
    std::vector<Peer*> made_peers;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = at(address, static_cast<int>(1000 + i));
      Peer& peer = i % 2 == 0 ? connect(name) : connect_there(name);
      peer.set_room(room);
      if (!bytes.empty()) peer.send(bytes);
      made_peers.push_back(&peer);
      if (i % 64 == 0) turn();
    }
    turn();
    return made_peers;
  }

  void turn() {
    for (int i = 0; i < 3; ++i) {
      loop->turn();
      other_loop->turn();
    }
  }

  /// How many of so many publishers, each on a connection of its own, are answered 200.
  std::size_t publish(std::size_t count, int address) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = at(address, static_cast<int>(1000 + i));
      Peer& peer = i % 2 == 0 ? connect(name) : connect_there(name);
      peer.send(kPost);
      turn();
      taken += has(peer.received(), "HTTP/1.1 200 OK") ? 1U : 0U;
      peer.finish();
      turn();
    }
    return taken;
  }

  std::size_t room = test::kUnlimited;
  std::unique_ptr<net::Loop> other_loop;
  std::optional<ConnectionSet> other;
  std::deque<std::optional<DeferredAnswer>> waits;
  std::vector<DeferredAnswer> slow;
  std::vector<Hurry> hurries;
};

std::size_t count_open(const std::vector<Peer*>& peers) {
  std::size_t open = 0;
  for (const Peer* peer : peers) open += peer->is_closed() ? 0U : 1U;
  return open;
}

TEST_CASE("One address with more connections than there may be does not shut out another",
          "[http][shares]") {
  Shared site(at_most(4096));
  const auto others = site.crowd(10, 2, kHello);
  const auto own = site.crowd(4'700, 1, "G");
  CHECK(site.publish(50, 3) == 50);
  CHECK(count_open(others) == 10);  // keep-alive clients of before
  CHECK(count_open(own) >= 4'000);
  CHECK(site.state->open.all() <= 4096 + 4096 / 8 + 16);
}

TEST_CASE("Operators have places of their own when all others are taken", "[http][shares]") {
  Shared site(at_most(64));
  const auto own = site.crowd(100, 1, kHello.substr(0, 10));
  constexpr std::size_t kOperators = ConnectionCount::kOperators;
  for (std::size_t i = 0; i < 3 * kOperators; ++i) {  // each comes when the one before is gone
    Peer& scraper = site.connect("127.0.0.1", Entrance::kAdmin);
    scraper.send(kHello);
    CHECK(has(scraper.received(), "HTTP/1.1 200 OK"));
    scraper.finish();
  }
  const std::size_t before = count_open(own);
  for (std::size_t i = 0; i < kOperators; ++i) site.connect("127.0.0.1", Entrance::kAdmin);
  CHECK(count_open(own) == before);
  CHECK(site.state->open.limited() == site.state->open.all() - kOperators);
}

TEST_CASE("Many connections of operators take no places of others", "[http][shares]") {
  Shared site(at_most(64));
  for (int i = 0; i < 200; ++i) site.connect("127.0.0.1", Entrance::kAdmin);
  CHECK(site.state->open.limited() <= 64);
  CHECK(site.publish(20, 3) == 20);
}

TEST_CASE("Idle connections of one address push out their own", "[http][shares]") {
  Shared site(at_most(64));
  const auto others = site.crowd(10, 2, kHello);
  const auto own = site.crowd(200, 1, kHello);
  CHECK(count_open(others) == 10);
  CHECK(count_open(own) == 54);
  CHECK(own.front()->is_closed());  // the longest idle
  CHECK_FALSE(own.back()->is_closed());
  CHECK(site.publish(20, 3) == 20);
  CHECK(count_open(others) == 10);
  CHECK(site.state->open.all() <= 64);
}

TEST_CASE("Polls that wait end early when their address holds most, and others need room",
          "[http][shares]") {
  Shared site(at_most(4096));
  const auto others = site.crowd(4, 2, kWait);
  const auto own = site.crowd(4'300, 1, kWait);
  CHECK(site.state->awaiting == 4'096);
  for (int second = 0; second < 4; ++second) {  // those that were refused are gone
    site.clock.advance(1s);
    site.turn();
  }
  CHECK(site.publish(50, 3) == 50);
  CHECK(site.hurries.size() >= 1);
  CHECK(site.hurries == std::vector<Hurry>(site.hurries.size(), Hurry::kCrowded));
  std::size_t ended = 0;
  for (const Peer* peer : own) ended += has(peer->received(), "nothing yet") ? 1U : 0U;
  CHECK(ended == site.hurries.size());
  CHECK(ended <= 50);
  for (const Peer* peer : others) CHECK(peer->received().empty());
}

TEST_CASE("A poll that makes room says that its connection ends", "[http][shares]") {
  Shared site(at_most(2));
  Peer& first = site.connect(at(1));
  first.send(kWait);
  Peer& second = site.connect(at(1));
  second.send(kWait);
  site.connect(at(2));
  site.turn();
  CHECK(has(first.received(), "nothing yet"));
  CHECK(has(first.received(), "Connection: close\r\n"));
  CHECK(second.received().empty());
}

TEST_CASE("An idle connection gives way before one that has begun a request", "[http][shares]") {
  Shared site(at_most(3));
  Peer& begun = site.connect(at(1));
  begun.send("GET /hel");
  Peer& waiting = site.connect(at(1));
  waiting.send(kWait);
  Peer& idle = site.connect(at(1));
  site.connect(at(2)).send("G");
  CHECK(idle.is_closed());
  CHECK_FALSE(begun.is_closed());
  site.connect(at(3)).send("G");
  CHECK(begun.is_closed());
  CHECK(site.hurries.empty());
}

TEST_CASE("A connection of another loop gives way when there is none here", "[http][shares]") {
  Shared site(at_most(2));
  Peer& first = site.connect_there(at(1));
  Peer& second = site.connect_there(at(1));
  Peer& fresh = site.connect(at(2));
  fresh.send(kPost);
  CHECK(has(fresh.received(), "200 OK"));
  site.turn();
  CHECK(first.is_closed());
  CHECK_FALSE(second.is_closed());
}

TEST_CASE("A connection that was found on another loop is not found again", "[http][shares]") {
  Shared site(at_most(3));
  Peer& kept = site.connect_there(at(1));
  kept.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel");
  Peer& slow = site.connect_there(at(1));
  slow.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  Peer& idle = site.connect_there(at(1));
  Peer& fresh = site.connect(at(2));
  fresh.send("G");
  Peer& late = site.connect(at(3));  // before the other loop has had its turn
  CHECK(has(late.received(), "503"));
  site.turn();
  CHECK(idle.is_closed());
  CHECK_FALSE(kept.is_closed());
  CHECK_FALSE(slow.is_closed());
  CHECK_FALSE(fresh.is_closed());
}

TEST_CASE("A request that is under way is never cut for lack of room", "[http][shares]") {
  Shared site(at_most(4));
  Peer& posting = site.connect(at(1));
  posting.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel");
  Peer& slow = site.connect(at(1));
  slow.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  Peer& unread = site.connect(at(1));
  unread.set_room(10);
  unread.send(kHello);  // moved this moment
  Peer& idle = site.connect(at(1));
  site.connect(at(2)).send("G");
  CHECK(idle.is_closed());
  Peer& refused = site.connect(at(3));
  CHECK(has(refused.received(), "503 Service Unavailable"));
  CHECK_FALSE(posting.is_closed());
  CHECK_FALSE(slow.is_closed());
  CHECK_FALSE(unread.is_closed());
  posting.send("lo");
  CHECK(has(posting.received(), "\r\n\r\nhello"));
}

TEST_CASE("An answer that its peer does not take gives way at last", "[http][shares]") {
  Shared site(at_most(2));
  Peer& unread = site.connect(at(1));
  unread.set_room(10);
  unread.send(kHello);
  Peer& posting = site.connect(at(1));
  posting.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel");
  site.clock.advance(2s);
  site.turn();
  unread.send("more");  // which is not reading
  Peer& fresh = site.connect(at(2));
  CHECK(unread.is_closed());
  fresh.send(kPost);
  CHECK(has(fresh.received(), "200 OK"));
  CHECK_FALSE(posting.is_closed());
}

TEST_CASE("One address leaves an eighth of the places to others, whatever it has under way",
          "[http][shares]") {
  Shared site(at_most(64));
  const auto own =
      site.crowd(100, 1, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel");
  CHECK(site.state->shares.count_kept(peer_group("127.0.0.1")) == 56);
  CHECK(site.publish(20, 2) == 20);
  std::size_t answered = 0;
  for (Peer* peer : own) {
    if (peer->is_closed()) continue;
    peer->send("lo");
    answered += has(peer->received(), "200 OK") ? 1U : 0U;
  }
  CHECK(answered == 56);
}

TEST_CASE("Where all addresses hold as many, the longest idle gives way", "[http][shares]") {
  Shared site(at_most(3));
  Peer& first = site.connect(at(1));
  Peer& second = site.connect(at(2));
  Peer& third = site.connect(at(3));
  Peer& fresh = site.connect(at(4));
  CHECK(first.is_closed());
  CHECK_FALSE(second.is_closed());
  for (Peer* peer : {&second, &third, &fresh}) peer->send("G");
  CHECK(has(site.connect(at(5)).received(), "503"));
}

TEST_CASE("The addresses of one IPv6 network are one, and a Unix socket's peers are",
          "[http][shares]") {
  Shared site(at_most(2));
  Peer& first = site.connect("[2001:db8::1]:1000");
  site.connect("[2001:db8::2]:1000");
  Peer& local = site.connect();
  CHECK(first.is_closed());
  CHECK_FALSE(local.is_closed());
  CHECK(site.state->shares.count(peer_group("2001:db8::3")) == 1);
  CHECK(site.state->shares.count(std::nullopt) == 1);
}

TEST_CASE("An address whose last connection has gone is forgotten", "[http][shares]") {
  Shared site(at_most(2));
  site.connect(at(1)).finish();
  site.connect_there(at(1)).finish();
  CHECK(site.state->shares.count(peer_group("127.0.0.1")) == 0);
  Peer& fresh = site.connect(at(1));
  fresh.send(kPost);
  CHECK(has(fresh.received(), "200 OK"));
}

}  // namespace
}  // namespace sse::http
