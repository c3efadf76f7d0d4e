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
  Waiting() {
    site.hooks.on_route = [this](Call& call, const RouteMatch&) {
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

}  // namespace
}  // namespace sse::http
