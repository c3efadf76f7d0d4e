// What networks, clocks and peers do to a stream, from the request to its last byte: all of the
// hub, on sockets in memory.

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include "support/catch.h"
#include "support/chunked.h"
#include "support/memory_hub.h"
#include "support/strict_stream.h"

namespace sse::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kHeartbeat = ":\n";

std::string get(std::string_view target, std::string_view version = "1.1") {
  return "GET " + std::string(target) + " HTTP/" + std::string(version) +
         "\r\nHost: localhost\r\n\r\n";
}

std::string post(std::string_view target, std::string_view body) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

void publish(MemoryHub& hub, std::string_view body) {
  Peer& peer = hub.connect();
  peer.send(post("/events", body));
  hub.settle();
  REQUIRE(peer.take().starts_with("HTTP/1.1 201 "));
  peer.finish();
}

/// What a stream's peer received, its framing checked and taken off.
ReceivedStream stream_of(const Peer& peer) {
  ReceivedStream stream = read_stream(peer.received());
  REQUIRE(stream.fault.empty());
  return stream;
}

/// Lets the bytes through, in whatever way a test wants.
using Network = std::function<void(MemoryHub&, Peer&)>;

/// A stream's life: a gap, a replay, live events, silence, an event. The text that the peer got.
std::string life(const Network& let_through, std::string_view query,
                 std::string_view version = "1.1") {
  MemoryHub::Options options;
  options.log.retention.max_events = 3;
  options.hub.heartbeat = 2s;
  MemoryHub hub(options);
  for (const char* event : {R"({"data":"lost"})", R"({"data":"a\n\rb","topic":"x/y"})",
                            R"({"data":"","topic":"x/z"})", R"({"type":"t","data":[1, 2]})"}) {
    publish(hub, event);
  }
  Peer& peer = hub.connect();
  let_through(hub, peer);
  peer.send(get("/events/watch?since=-9" + std::string(query), version));
  let_through(hub, peer);
  publish(hub, R"({"data":"live\nevil: no\n","topic":"x/y"})");
  let_through(hub, peer);
  hub.pass(3s);
  let_through(hub, peer);
  publish(hub, R"({"type":"t","topic":"x/y","data":"after the heartbeat"})");
  let_through(hub, peer);
  CHECK_FALSE(peer.is_closed());
  const ReceivedStream stream = stream_of(peer);
  CHECK(stream.is_chunked == (version == "1.1"));
  return stream.text;
}

const Network kFree = [](MemoryHub& hub, Peer&) { hub.settle(); };

/// A socket that takes `bytes` bytes, then none until the hub waits for it; then again.
Network in_portions(std::size_t bytes) {
  return [bytes](MemoryHub& hub, Peer& peer) {
    for (std::size_t before = 1, after = 0; before != after;) {
      before = peer.received_bytes();
      peer.set_room(bytes);
      hub.settle();
      after = peer.received_bytes();
    }
  };
}

TEST_CASE("A socket that blocks after every so many bytes changes none of them",
          "[server][faults]") {
  for (const auto* query : {"", "&topic=x/y"}) {
    const std::string expected = life(kFree, query);
    StrictStream stream;
    REQUIRE(stream.take(expected));
    REQUIRE(expected.find("event: sse.gap\n") != std::string::npos);
    REQUIRE(expected.find(kHeartbeat) != std::string::npos);
    for (std::size_t bytes = 1; bytes < 200; ++bytes) {
      CAPTURE(query, bytes);
      REQUIRE(life(in_portions(bytes), query) == expected);
    }
  }
}

TEST_CASE("A stream for HTTP/1.0 has the same text, without framing", "[server][faults]") {
  for (const auto* query : {"", "&topic=x/y", "&ids=events"}) {
    const std::string expected = life(kFree, query);
    CHECK(life(kFree, query, "1.0") == expected);
    for (std::size_t bytes = 1; bytes < 60; ++bytes) {
      CAPTURE(query, bytes);
      REQUIRE(life(in_portions(bytes), query, "1.0") == expected);
    }
  }
}

TEST_CASE("A socket that blocks once, at any byte, changes none of them", "[server][faults]") {
  for (const auto* query : {"", "&topic=x/y"}) {
    const std::string expected = life(kFree, query);
    constexpr std::size_t kHeadAndFraming = 600;
    for (std::size_t at = 0; at <= expected.size() + kHeadAndFraming; ++at) {
      bool blocked = false;
      const Network network = [&](MemoryHub& hub, Peer& peer) {
        if (!blocked) peer.set_room(at - peer.received_bytes());
        hub.settle();
        if (blocked || peer.received_bytes() < at) return;
        blocked = true;
        peer.set_room(kUnlimited);
        hub.settle();
      };
      CAPTURE(query, at);
      REQUIRE(life(network, query) == expected);
    }
  }
}

TEST_CASE("The end is told as far as the socket takes it at once, and nothing follows",
          "[server][faults]") {
  const auto closing = [](std::size_t room) {
    MemoryHub hub;
    Peer& peer = hub.connect();
    peer.send(get("/events/watch"));
    hub.settle();
    peer.take();
    peer.set_room(room);
    bool drained = false;
    hub.hub.drain(10s, [&] { drained = true; });
    hub.settle();
    peer.set_room(kUnlimited);
    hub.settle();
    CHECK(peer.saw_end());
    peer.finish();
    hub.settle();
    CHECK(drained);
    return peer.take();
  };
  const auto whole = closing(kUnlimited);
  REQUIRE(whole.find("event: sse.closing\n") != std::string::npos);
  for (std::size_t room = 0; room < whole.size(); ++room) {
    CAPTURE(room);
    CHECK(closing(room) == whole.substr(0, room));
  }
}

TEST_CASE("A reset at any byte ends that stream and no other", "[server][faults]") {
  MemoryHub hub;
  publish(hub, R"({"data":"a","topic":"x/y"})");
  Peer& other = hub.connect();
  other.send(get("/events/watch?since=earliest"));
  hub.settle();
  const auto whole = other.received().size();
  for (std::size_t at = 0; at <= whole; ++at) {
    CAPTURE(at);
    Peer& peer = hub.connect();
    peer.set_room(at);
    peer.send(get("/events/watch?since=earliest"));
    hub.settle();
    peer.reset();
    hub.settle();
    REQUIRE(peer.is_closed());
    REQUIRE(hub.hub.stream_count() == 1);
  }
  publish(hub, R"({"data":"b"})");
  hub.settle();
  StrictStream stream;
  CHECK(stream.take(stream_of(other).text));
  CHECK(stream.is_gapless());
  CHECK(stream.last() == 2);
}

TEST_CASE("A request that is reset at any byte leaves nothing behind", "[server][faults]") {
  MemoryHub hub;
  const auto request = post("/events", R"({"data":1})");
  for (std::size_t at = 0; at < request.size(); ++at) {
    CAPTURE(at);
    Peer& peer = hub.connect();
    peer.send(std::string_view(request).substr(0, at));
    peer.reset();
    hub.settle();
    REQUIRE(peer.is_closed());
    REQUIRE(peer.received().empty());
  }
  CHECK(hub.log.head() == 0);
}

TEST_CASE("A wall clock that is set back reorders nothing and stops nothing", "[server][clock]") {
  MemoryHub::Options options;
  options.hub.heartbeat = 2s;
  options.log.retention.ttl = 60s;
  options.http.request_timeout = 10s;
  MemoryHub hub(options);
  Peer& peer = hub.connect();
  peer.send(get("/events/watch"));
  publish(hub, R"({"data":"before"})");
  hub.clock.jump_wall(-std::chrono::hours(24 * 365));
  Peer& dawdler = hub.connect();
  dawdler.send("GET /");
  publish(hub, R"({"data":"after"})");
  StrictStream stream;
  CHECK(stream.take(stream_of(peer).text));  // the ids go on
  CHECK(stream.is_gapless());
  CHECK(stream.last() == 2);

  peer.take();
  hub.pass(3s);
  CHECK(peer.take() == "2\r\n" + std::string(kHeartbeat) + "\r\n");
  Peer& late = hub.connect();
  late.send(get("/events/watch?since=1s"));
  hub.settle();
  CHECK(late.received().find("SSE-Resume: exact") != std::string::npos);
  hub.pass(10s);
  CHECK(dawdler.received().starts_with("HTTP/1.1 408 "));
  CHECK(hub.log.view().tail() == 1);
  hub.pass(60s);
  CHECK(hub.log.view().empty());
}

TEST_CASE("A machine that was suspended wakes up with its streams and without what expired",
          "[server][clock]") {
  MemoryHub::Options options;
  options.hub.heartbeat = 15s;
  options.hub.slow_after = 30s;
  options.log.retention.ttl = 60s;
  MemoryHub hub(options);
  Peer& reader = hub.connect();
  Peer& blocked = hub.connect();
  for (Peer* peer : {&reader, &blocked}) peer->send(get("/events/watch"));
  hub.settle();
  blocked.set_room(0);
  publish(hub, R"({"data":"before"})");
  reader.take();
  Peer& idle = hub.connect();
  idle.send(get("/-/healthz"));
  hub.settle();

  hub.clock.advance(10h);
  hub.pass(1s);
  CHECK(hub.log.view().empty());
  CHECK(reader.take() == "2\r\n" + std::string(kHeartbeat) + "\r\n");
  CHECK_FALSE(reader.is_closed());
  CHECK(idle.is_closed());
  publish(hub, R"({"data":"awake"})");
  CHECK(reader.take().find("data: awake\n\n") != std::string::npos);

  // The one that was blocked could not have taken a byte meanwhile: it has its time still.
  CHECK_FALSE(blocked.is_closed());
  blocked.set_room(kUnlimited);
  hub.settle();
  StrictStream stream;
  CHECK(stream.take(stream_of(blocked).text));
}

TEST_CASE("A request is refused by its size before there is memory for it", "[server][limits]") {
  MemoryHub hub;
  const std::string head = "POST /events HTTP/1.1\r\nHost: localhost\r\n";
  const auto ask = [&](const std::string& bytes) {
    Peer& peer = hub.connect();
    peer.send(bytes);
    std::string answer;  // a batch is walked in many turns, of which peers see nothing
    for (int i = 0; i < 100 && answer.empty(); ++i) {
      hub.settle();
      answer = peer.take();
    }
    return answer.substr(0, 12);
  };
  for (const char* length : {"1048577", "4294967296", "9223372036854775807"}) {
    CAPTURE(length);
    CHECK(ask(head + "Content-Length: " + length + "\r\n\r\n") == "HTTP/1.1 413");
  }
  for (const char* size : {"100001", "7fffffffffffffff", "8000000000000000", "ffffffffffffffff",
                           "10000000000000000", "fffffffffffffffffffffffff"}) {
    CAPTURE(size);
    CHECK(ask(head + "Transfer-Encoding: chunked\r\n\r\n" + size + "\r\n") == "HTTP/1.1 413");
  }
  for (const char* target :
       {"/metrics?with_readings=true&limit=18446744073709551615",
        "/metrics?with_readings=true&limit=10001", "/events/watch?since=-99999999999999999999"}) {
    CAPTURE(target);
    CHECK(ask(get(target)) == "HTTP/1.1 400");
  }
  std::string many = "[1";
  for (int i = 0; i < 65'536; ++i) many += ",1";
  CHECK(ask(post("/events", many + "]")) == "HTTP/1.1 413");
  CHECK(hub.log.head() == 0);
}

}  // namespace
}  // namespace sse::test
