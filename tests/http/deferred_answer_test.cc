#include "sse/http/deferred_answer.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <malloc.h>

#include "sse/base/gathering.h"
#include "sse/http/connection_set.h"

#include "http/site.h"
#include "support/catch.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kLater = "GET /later HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kHello = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";

DeferredAnswer::Fill say(std::string text) {
  return [text = std::move(text)](Response& response) { response.set_content(text, "text/plain"); };
}

/// A site whose /later keeps its answers in a list.
struct Later : Site {
  explicit Later(ServerOptions given = {}) : Site(given) {
    hooks.on_head = [](Call& call) {
      call.response().fields.set("Vary", "Origin");
      return Verdict::kGoOn;
    };
    router.add("GET", "/later", [this](Call& call) {
      const bool fails = call.request().param("fail") != nullptr;
      if (call.request().param("now") != nullptr) {
        return call.response().set_content("at once", "text/plain");
      }
      answers.emplace_back(call.defer([this](Hurry why) { hurries.push_back(why); }));
      if (fails) throw std::runtime_error("out of luck");
    });
  }

  void turn(int times = 2) {
    for (int i = 0; i < times; ++i) loop->turn();
  }

  std::vector<std::optional<DeferredAnswer>> answers;
  std::vector<Hurry> hurries;
};

TEST_CASE("A deferred answer is sent when it comes, and the connection goes on",
          "[http][deferred]") {
  Later site;
  Peer& peer = site.connect();
  peer.send(kLater);
  REQUIRE(site.answers.size() == 1);
  site.turn();
  CHECK(peer.received().empty());
  CHECK(site.state->awaiting == 1);
  CHECK(site.answers[0]->is_awaited());

  CHECK(site.answers[0]->send(say("done")));
  CHECK(peer.received().empty());  // never inside the call
  site.turn();
  const auto received = peer.take();
  CHECK(has(received, "HTTP/1.1 200 OK\r\n"));
  CHECK(has(received, "Vary: Origin\r\n"));  // what was set before the handler
  CHECK(has(received, "\r\n\r\ndone"));
  CHECK(site.state->awaiting == 0);
  CHECK_FALSE(site.answers[0]->is_awaited());
  CHECK(site.observed == std::vector<std::string>{"GET /later 200"});

  peer.send(kHello);
  CHECK(has(peer.take(), "hello"));
}

TEST_CASE("An answer may be sent before its handler returns", "[http][deferred]") {
  Site site;
  site.router.add("GET", "/later", [](Call& call) { call.defer(nullptr).send(say("at once")); });
  Peer& peer = site.connect();
  peer.send(kLater);
  CHECK(peer.received().empty());
  site.loop->turn();
  CHECK(has(peer.received(), "\r\n\r\nat once"));
}

TEST_CASE("Answers that are gathered are sent in one turn, when all are there",
          "[http][deferred]") {
  Later site;
  Peer& one = site.connect();
  Peer& other = site.connect();
  one.send(kLater);
  other.send(kLater);
  {
    const Gathering gathering;
    CHECK(site.answers[0]->send(say("first")));
    site.turn();
    CHECK(one.received().empty());
    CHECK(site.answers[1]->send(say("second")));
  }
  site.turn(1);
  CHECK(has(one.received(), "first"));
  CHECK(has(other.received(), "second"));
}

TEST_CASE("Only the first answer counts", "[http][deferred]") {
  Later site;
  Peer& peer = site.connect();
  peer.send(kLater);
  const DeferredAnswer copy = *site.answers[0];
  CHECK(copy.send(say("first")));
  CHECK_FALSE(site.answers[0]->send(say("second")));
  site.answers.clear();
  site.turn();
  CHECK(has(peer.received(), "first"));
  CHECK_FALSE(has(peer.received(), "second"));
  CHECK_FALSE(has(peer.received(), "500"));
}

TEST_CASE("A handler that may defer can answer at once", "[http][deferred]") {
  Later site;
  CHECK(has(site.ask("GET /later?now HTTP/1.1\r\nHost: h\r\n\r\n"), "\r\n\r\nat once"));
  CHECK(site.answers.empty());
}

TEST_CASE("An answer whose last copy was dropped is a 500", "[http][deferred]") {
  Later site;
  Peer& peer = site.connect();
  peer.send(kLater);
  site.answers.clear();
  site.turn();
  CHECK(has(peer.take(), "500 Internal Server Error"));
  peer.send(kHello);
  CHECK(has(peer.take(), "hello"));
}

TEST_CASE("What throws while it fills a deferred answer is a 500", "[http][deferred]") {
  Later site;
  Peer& peer = site.connect();
  peer.send(kLater);
  site.answers[0]->send([](Response&) { throw std::runtime_error("out of luck"); });
  site.turn();
  CHECK(has(peer.received(), "500 Internal Server Error"));
  CHECK_FALSE(has(peer.received(), "out of luck"));
}

TEST_CASE("A handler that throws after it has deferred is a 500, and its answer is not awaited",
          "[http][deferred]") {
  Later site;
  Peer& peer = site.connect();
  peer.send("GET /later?fail HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(has(peer.take(), "500 Internal Server Error"));
  CHECK(site.state->awaiting == 0);
  CHECK_FALSE(site.answers[0]->is_awaited());
  site.answers[0]->send(say("late"));
  site.turn();
  CHECK(peer.received().empty());
}

TEST_CASE("Requests that follow one whose answer is awaited wait, too", "[http][deferred]") {
  Later site;
  Peer& peer = site.connect();
  peer.send(std::string(kLater) + std::string(kHello));
  peer.send(kHello);
  site.turn();
  CHECK(peer.received().empty());
  site.answers[0]->send(say("later"));
  site.turn();
  const auto received = peer.take();
  REQUIRE(has(received, "later"));
  CHECK(received.find("later") < received.find("hello"));
  CHECK(site.observed ==
        std::vector<std::string>{"GET /later 200", "GET /hello 200", "GET /hello 200"});
}

TEST_CASE("What a peer sends while its answer is awaited is not read", "[http][deferred]") {
  Later site;
  Peer& peer = site.connect();
  peer.send(kLater);
  const auto before = ::mallinfo2().uordblks;
  peer.send(std::string(4U << 20U, 'x'));
  site.turn();
  CHECK(::mallinfo2().uordblks < before + (5U << 20U));  // only the peer's own copy
  site.answers[0]->send(say("done"));
  site.turn();
  CHECK(has(peer.received(), "done"));
  CHECK(has(peer.received(), "414 URI Too Long"));
}

TEST_CASE("An awaited answer has no deadline, and is not evicted as idle", "[http][deferred]") {
  ServerOptions options;
  options.max_connections = 1;
  Later site(options);
  Peer& peer = site.connect();
  peer.send(kLater);
  for (int second = 0; second < 200; ++second) site.pass(1s);
  Peer& refused = site.connect();
  CHECK(has(refused.received(), "503 Service Unavailable"));
  CHECK_FALSE(peer.is_closed());
  CHECK(site.hurries.empty());
  site.answers[0]->send(say("at last"));
  site.turn();
  CHECK(has(peer.received(), "at last"));
}

TEST_CASE("An answer that the peer takes slowly has its deadline again", "[http][deferred]") {
  Later site;
  Peer& peer = site.connect();
  peer.send(kLater);
  for (int second = 0; second < 60; ++second) site.pass(1s);
  peer.set_room(5);
  site.answers[0]->send(say("done"));
  site.turn();
  site.pass(29s);
  CHECK_FALSE(peer.is_closed());
  site.pass(1s);
  CHECK(peer.is_closed());
}

TEST_CASE("A handler that owes an answer is told that the peer has left", "[http][deferred]") {
  Later site;
  Peer& peer = site.connect();
  peer.send(kLater);
  const bool broken = GENERATE(false, true);
  broken ? peer.reset() : peer.finish();
  CHECK(site.hurries == std::vector<Hurry>{Hurry::kPeerLeft});
  CHECK(site.state->open.all() == 1);
  SECTION("and may let go of it") {
    site.answers.clear();
    site.turn();
    CHECK(peer.received().empty());
    CHECK(site.observed == std::vector<std::string>{"GET /later 0 cut"});
  }
  SECTION("and may answer a peer that still reads") {
    site.answers[0]->send(say("done"));
    site.turn();
    CHECK(has(peer.received(), "done") != broken);
  }
  CHECK(peer.is_closed());
  CHECK(site.state->open.all() == 0);
  CHECK(site.state->awaiting == 0);
  CHECK(site.hurries.size() == 1);
}

TEST_CASE("A peer that ended its side with its request is told of at once", "[http][deferred]") {
  Later site;
  Peer& peer = site.connect();
  peer.set_read_limit(kLater.size() - 1);  // the end is known before the request is whole
  peer.send(kLater.substr(0, 5));
  peer.send(kLater.substr(5));
  peer.finish();
  REQUIRE(site.answers.size() == 1);
  CHECK(site.hurries == std::vector<Hurry>{Hurry::kPeerLeft});
  site.answers[0]->send(say("done"));
  site.turn();
  CHECK(has(peer.received(), "done"));
  CHECK(peer.is_closed());
}

TEST_CASE("A hook that wants every response gets a deferred one, also when the peer has left",
          "[http][deferred]") {
  Later site;
  std::vector<std::string> finished;
  site.hooks.on_request = [&](Call& call, Finish& finish) {
    if (call.request().param("refuse") != nullptr) {
      call.response().status = 409;
      return Verdict::kAnswered;
    }
    finish = [&](Response& whole) {
      finished.push_back(std::to_string(whole.status) + " " + whole.body);
      whole.fields.set("X-Finished", "yes");
    };
    return Verdict::kGoOn;
  };
  CHECK(has(site.ask("GET /later?refuse HTTP/1.1\r\nHost: h\r\n\r\n"), "409 Conflict"));
  CHECK(has(site.ask(kHello), "X-Finished: yes\r\n"));
  CHECK(has(site.ask("GET /broken HTTP/1.1\r\nHost: h\r\n\r\n"), "X-Finished: yes\r\n"));
  CHECK_FALSE(has(site.ask("GET /none HTTP/1.1\r\nHost: h\r\n\r\n"), "X-Finished"));  // no route
  REQUIRE(finished.size() == 2);
  CHECK(finished[0] == "200 hello");

  Peer& stays = site.connect();
  stays.send(kLater);
  CHECK(finished.size() == 2);
  site.answers[0]->send(say("done"));
  site.turn();
  CHECK(has(stays.received(), "X-Finished: yes\r\n"));
  CHECK(finished.at(2) == "200 done");

  Peer& leaves = site.connect();
  leaves.send(kLater);
  site.set().drain(1s, [] {});
  site.pass(1s);
  REQUIRE(leaves.is_closed());
  site.answers[1]->send(say("done, but not read"));
  site.turn();
  CHECK(finished.at(3) == "200 done, but not read");
}

TEST_CASE("Draining hurries handlers that owe answers, and cuts what does not come",
          "[http][deferred]") {
  Later site;
  Peer& answered = site.connect();
  answered.send(kLater);
  Peer& forgotten = site.connect();
  forgotten.send(kLater);
  bool done = false;
  site.set().drain(5s, [&] { done = true; });
  CHECK(site.hurries == std::vector<Hurry>(2, Hurry::kDraining));
  site.answers[0]->send(say("done"));
  site.turn();
  CHECK(has(answered.received(), "Connection: close\r\n"));
  CHECK(has(answered.received(), "done"));
  answered.finish();
  CHECK(answered.is_closed());
  CHECK_FALSE(done);
  site.pass(5s);
  CHECK(forgotten.is_closed());
  CHECK(done);
  CHECK(site.state->awaiting == 0);
  site.answers[1]->send(say("too late"));
  site.turn();
}

TEST_CASE("A request that arrives while draining and defers is hurried at once",
          "[http][deferred]") {
  Later site;
  Peer& peer = site.connect();
  peer.send(kLater.substr(0, 5));
  site.set().drain(5s, [] {});
  peer.send(kLater.substr(5));
  CHECK(site.hurries == std::vector<Hurry>{Hurry::kDraining});
}

TEST_CASE("An answer outlives its connection, its server and its loop", "[http][deferred]") {
  std::optional<DeferredAnswer> kept;
  std::optional<DeferredAnswer> dropped;
  {
    Later site;
    site.connect().send(kLater);
    site.connect().send(kLater);
    kept = site.answers[0];
    dropped = site.answers[1];
    dropped->send(say("posted, and never run"));
  }
  CHECK_FALSE(kept->is_awaited());
  CHECK(kept->send(say("no peer is there")));
}

TEST_CASE("A connection whose answer is awaited costs little", "[http][deferred]") {
  constexpr std::size_t kConnections = 1'000;
  ServerOptions options;
  options.max_connections = kConnections;
  Later site(options);
  site.answers.reserve(kConnections);
  const auto ask_for = [](const std::string& query) {
    return "GET /later?filler=" + std::string(1'000, 'x') + "&" + query +
           " HTTP/1.1\r\nHost: h\r\nCookie: " + std::string(6'000, 'y') + "\r\n\r\n";
  };
  for (std::size_t i = 0; i < kConnections; ++i) {
    site.connect().send(ask_for("now"));  // the test's own buffers are there
  }
  const auto before = ::mallinfo2().uordblks;
  for (Peer& peer : site.peers) peer.send(ask_for("n=1"));
  const auto each = (::mallinfo2().uordblks - before) / kConnections;
  REQUIRE(site.answers.size() == kConnections);
  CAPTURE(each);
  CHECK(each < 3'000);
}

}  // namespace
}  // namespace sse::http
