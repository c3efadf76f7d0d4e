// A subscriber that comes from another hub of the same order, which is ahead of this one.

#include <chrono>
#include <memory>
#include <string>

#include "support/catch.h"
#include "support/late_journal.h"
#include "support/memory_hub.h"

namespace sse::server {
namespace {

using std::chrono::milliseconds;
using test::LateJournal;
using test::MemoryHub;
using test::Peer;

constexpr wire::Epoch kEpoch = 77;

/// A hub that has been told of one event, and not yet of the next one.
struct Site {
  Site() : hub(options()) {
    publish("first");
    late().commit();
    hub.settle();
    next = wire::EventId::make(now(), kEpoch, 2);
    publish("second");
    late().is_behind = true;
  }

  static MemoryHub::Options options() {
    MemoryHub::Options options;
    options.make_journal = [](const log::MemoryJournal::Options& wanted, const Clock& clock) {
      return std::make_unique<LateJournal>(wanted, clock);
    };
    return options;
  }

  LateJournal& late() { return static_cast<LateJournal&>(hub.journal); }
  milliseconds now() const {
    return std::chrono::floor<milliseconds>(hub.clock.now().wall).time_since_epoch();
  }

  Peer& send(const std::string& head, const std::string& body = {}) {
    Peer& peer = hub.connect();
    peer.send(head + "Host: localhost\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
    hub.settle();
    return peer;
  }
  void publish(const std::string& data) {
    send("POST /events HTTP/1.1\r\n", R"({"data":")" + data + "\"}");
  }
  Peer& watch_after(const wire::EventId& id) {
    return send("GET /events/watch HTTP/1.1\r\nLast-Event-ID: " + to_string(id) + "\r\n");
  }

  /// The hub is told of the second event.
  void catch_up() {
    late().commit();
    hub.settle();
  }
  void pass(milliseconds time) {
    for (; time.count() > 0; time -= milliseconds(10)) {
      hub.clock.advance(milliseconds(10));
      hub.settle();
    }
  }

  MemoryHub hub;
  wire::EventId next;
};

bool has(const Peer& peer, const std::string& text) {
  return peer.received().find(text) != std::string::npos;
}

TEST_CASE("A stream after an event that is not here yet waits for it, and resumes exactly",
          "[server][catch_up]") {
  Site site;
  Peer& stream = site.watch_after(site.next);
  site.pass(milliseconds(500));
  CHECK(stream.received().empty());
  site.catch_up();
  CHECK(has(stream, "SSE-Resume: exact\r\n"));
  CHECK_FALSE(has(stream, "sse.gap"));
  CHECK_FALSE(has(stream, "data: second"));
  site.publish("third");
  site.late().commit();
  site.hub.settle();
  CHECK(has(stream, "data: third"));
}

TEST_CASE("A poll after an event that is not here yet waits for it", "[server][catch_up]") {
  Site site;
  Peer& poll = site.send("GET /events?after=" + to_string(site.next) + "&wait=10s HTTP/1.1\r\n");
  Peer& at_once = site.send("GET /events?after=" + to_string(site.next) + " HTTP/1.1\r\n");
  site.pass(milliseconds(100));
  CHECK(poll.received().empty());
  CHECK(at_once.received().empty());
  site.catch_up();
  CHECK(has(at_once, R"({"events":[],"cursor":")" + to_string(site.next) + R"(","gap":null})"));
  CHECK(poll.received().empty());  // it waits for what is new
  site.publish("third");
  site.late().commit();
  site.hub.settle();
  CHECK(has(poll, R"("data":"third")"));
  CHECK(has(poll, R"("gap":null)"));
}

TEST_CASE("An event that will not come is a gap as soon as that is known", "[server][catch_up]") {
  Site site;
  const auto other = wire::EventId::make(site.now(), kEpoch + 1, 2);  // of an epoch not heard of
  Peer& stream = site.watch_after(other);
  site.pass(milliseconds(200));
  CHECK(stream.received().empty());
  site.late().is_behind = false;
  site.pass(milliseconds(60));
  CHECK(has(stream, "SSE-Resume: gap; missed=unknown"));
  CHECK(has(stream, R"("reason":"other-stream")"));
}

TEST_CASE("It is waited for three seconds at most", "[server][catch_up]") {
  Site site;
  Peer& stream = site.watch_after(site.next);
  site.pass(milliseconds(2'900));
  CHECK(stream.received().empty());
  site.pass(milliseconds(200));
  CHECK(has(stream, R"("reason":"unknown")"));
}

TEST_CASE("An id that is here or has expired, and text that is not an id, are not waited for",
          "[server][catch_up]") {
  Site site;
  const auto first = site.hub.hub.log().view().head_id();
  CHECK(has(site.watch_after(first), "SSE-Resume: exact"));
  CHECK(has(site.send("GET /events/watch HTTP/1.1\r\nLast-Event-ID: x\r\n"), "sse.gap"));
  CHECK(has(site.send("GET /events/watch HTTP/1.1\r\n"), " 200 OK"));
}

TEST_CASE("A peer that leaves meanwhile, and a drain, end the wait", "[server][catch_up]") {
  Site site;
  Peer& leaves = site.watch_after(site.next);
  leaves.reset();
  Peer& stays = site.watch_after(site.next);
  site.pass(milliseconds(100));
  CHECK(stays.received().empty());
  site.hub.hub.drain(std::chrono::seconds(1), [] {});
  site.hub.settle();
  CHECK(has(stays, "SSE-Refused: draining"));
}

}  // namespace
}  // namespace sse::server
