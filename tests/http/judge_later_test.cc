// A gate that waits for an outcome before it says its verdict on a head.

#include <string>
#include <utility>
#include <vector>

#include "http/site.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

std::string request(const std::string& line, const std::string& fields = "",
                    const std::string& body = "") {
  return line + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

/// Every request waits for its turn, and then gets this verdict.
struct Waiting {
  explicit Waiting(const ServerOptions& options = {}) : site(options) {
    site.hooks.on_route = [this](Call& call, const RouteMatch&) {
      if (call.request().path == "/broken") return Verdict::kGoOn;
      waiting.push_back(call.judge_later([this](Call& judged, const RouteMatch& match) {
        ++judged_count;
        paths.push_back(match.route == nullptr ? "none" : match.route->path);
        if (verdict == Verdict::kAnswered) judged.response().status = 403;
        return verdict;
      }));
      return Verdict::kLater;
    };
  }
  void go_on() {
    for (const auto& resume : std::exchange(waiting, {})) resume();
    site.pass(20ms);
  }

  Site site;
  Verdict verdict = Verdict::kGoOn;
  int judged_count = 0;
  std::vector<std::string> paths;
  std::vector<Resume> waiting;
};

TEST_CASE("A head that is judged later is answered later, and the next request after it",
          "[http][call]") {
  Waiting stage;
  Peer& peer = stage.site.connect();
  peer.send(request("GET /hello") + request("GET /none"));
  stage.site.pass(1s);
  CHECK(peer.take().empty());
  REQUIRE(stage.waiting.size() == 1);
  stage.go_on();
  CHECK(has(peer.take(), "\r\n\r\nhello"));
  REQUIRE(stage.waiting.size() == 1);
  stage.go_on();
  CHECK(peer.take().substr(0, 12) == "HTTP/1.1 404");
  CHECK(stage.paths == std::vector<std::string>{"/hello", "none"});
  CHECK_FALSE(peer.saw_end());
}

TEST_CASE("A body is asked for once its head was judged, however late", "[http][call]") {
  Waiting stage;
  Peer& peer = stage.site.connect();
  peer.send(request("POST /echo", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
  stage.site.pass(1s);
  CHECK(peer.take().empty());
  stage.go_on();
  CHECK(peer.take() == "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("hello");
  CHECK(has(peer.take(), "\r\n\r\nhello"));
  // One that sends its body at once, in two parts.
  peer.send(request("POST /echo", "Content-Length: 5\r\n", "ag"));
  peer.send("ain");
  CHECK(peer.take().empty());
  stage.go_on();
  CHECK(has(peer.take(), "\r\n\r\nagain"));
}

TEST_CASE("A refusal that comes later ends a connection whose body is not there", "[http][call]") {
  Waiting stage;
  stage.verdict = Verdict::kAnswered;
  Peer& peer = stage.site.connect();
  peer.send(request("POST /echo", "Content-Length: 5\r\n"));
  stage.go_on();
  CHECK(peer.take().substr(0, 12) == "HTTP/1.1 403");
  CHECK(peer.saw_end());
  Peer& whole = stage.site.connect();
  whole.send(request("POST /echo", "Content-Length: 5\r\n", "hello"));
  stage.go_on();
  CHECK(whole.take().substr(0, 12) == "HTTP/1.1 403");
  CHECK_FALSE(whole.saw_end());
}

TEST_CASE("A verdict that never comes is a 500, and one that comes too late touches nothing",
          "[http][call]") {
  Waiting stage;
  Peer& peer = stage.site.connect();
  peer.send(request("GET /hello"));
  stage.waiting.clear();
  stage.site.pass(20ms);
  CHECK(peer.take().substr(0, 12) == "HTTP/1.1 500");
  Peer& gone = stage.site.connect();
  gone.send(request("GET /hello"));
  gone.reset();
  stage.site.pass(1s);
  stage.go_on();
  CHECK(stage.judged_count <= 1);
}

TEST_CASE("A gate may wait twice", "[http][call]") {
  Waiting stage;
  Resume second;
  stage.site.hooks.on_route = [&](Call& call, const RouteMatch&) {
    stage.waiting.push_back(call.judge_later([&](Call& again, const RouteMatch&) {
      second = again.judge_later([](Call&, const RouteMatch&) { return Verdict::kGoOn; });
      return Verdict::kLater;
    }));
    return Verdict::kLater;
  };
  Peer& peer = stage.site.connect();
  peer.send(request("GET /hello"));
  stage.go_on();
  CHECK(peer.take().empty());
  std::exchange(second, nullptr)();
  stage.site.pass(20ms);
  CHECK(has(peer.take(), "\r\n\r\nhello"));
}

TEST_CASE("Requests whose verdict is late leave the places of their address to others",
          "[http][call]") {
  ServerOptions options;
  options.max_connections = 16;
  Waiting stage(options);
  for (int i = 0; i < 15; ++i) {
    stage.site.connect("127.0.0.1:1000").send(request("GET /hello"));
  }
  // As a balancer asks for /-/readyz, which no gate judges.
  Peer& probe = stage.site.connect("127.0.0.1:1000");
  probe.send(request("GET /broken"));
  CHECK(has(probe.take(), "500"));
  REQUIRE(stage.waiting.size() == 15);
  stage.go_on();
  CHECK(stage.judged_count == 15);
}

TEST_CASE("A request whose verdict is late gives way to another address", "[http][call]") {
  ServerOptions options;
  options.max_connections = 4;
  Waiting stage(options);
  for (int i = 0; i < 4; ++i) stage.site.connect("127.0.0.1:1000").send(request("GET /hello"));
  Peer& other = stage.site.connect("127.0.0.2:1000");
  other.send(request("GET /broken"));
  CHECK(has(other.take(), "500"));
  CHECK(stage.site.peers[0].is_closed());
  REQUIRE(stage.waiting.size() == 4);
  stage.go_on();
  CHECK(stage.judged_count == 3);
  CHECK(has(stage.site.peers[1].take(), "hello"));
}

TEST_CASE("What has come of bodies while their verdicts are late is counted and bounded",
          "[http][call][bytes]") {
  constexpr std::size_t kMost = 256U << 10U;
  ServerOptions options;
  options.max_http_bytes = kMost;
  Waiting stage(options);
  int heads = 0;
  stage.site.hooks.on_head = [&](Call&) {
    ++heads;
    return Verdict::kGoOn;
  };
  const std::string part(12U << 10U, 'x');
  for (int i = 0; i < 64; ++i) {
    stage.site.connect("127.0.0.1:1000")
        .send(request("POST /echo", "Content-Length: 200000\r\n", part));
    CHECK(stage.site.state->held.sum() <= kMost);
  }
  stage.site.turns();
  CHECK(heads == 64);
  CHECK(stage.site.peers.back().take().substr(0, 12) == "HTTP/1.1 503");
  CHECK(stage.site.peers.back().saw_end());
  CHECK(stage.site.made->counts().refused_for_bytes > 32);
  CHECK(stage.site.peers.front().take().empty());
  // Those that were refused hear no verdict.
  const auto refused = stage.site.made->counts().refused_for_bytes.load();
  stage.go_on();
  CHECK(static_cast<std::uint64_t>(stage.judged_count) + refused == 64);
}

}  // namespace
}  // namespace sse::http
