#include <signal.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <set>
#include <string>

#include "crowd.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"

namespace sse::test {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Publishers that go on until they are told to stop.
struct Publishers {
  Publishers(std::uint16_t port, int count) {
    for (int i = 0; i < count; ++i) posters.emplace_back(port);
  }

  /// Takes the answers that are there, and posts again where the last one was 201.
  void go_on() {
    for (auto& poster : posters) {
      if (poster.is_waiting()) {
        if (const auto answer = poster.answer()) note(*answer);
      }
      if (!poster.is_waiting() && !refused) poster.post(R"({"data":"at work"})");
    }
  }

  void note(const RawAnswer& answer) {
    if (answer.status == 201) {
      last_accepted = std::max(last_accepted, accepted_id(answer).sequence());
      ++accepted;
    } else {
      CHECK(answer.status == 503);
      CHECK_FALSE(answer.header("Retry-After").empty());
      refused = true;
    }
  }

  bool are_done() const {
    return std::all_of(posters.begin(), posters.end(),
                       [](const auto& poster) { return poster.was_cut() || !poster.is_waiting(); });
  }

  std::deque<Poster> posters;
  std::size_t accepted = 0;
  wire::Sequence last_accepted = 0;
  bool refused = false;
};

TEST_CASE("What was accepted before SIGTERM reaches every stream, and each is told to come back",
          "[system][drain]") {
  constexpr auto kDrain = seconds(20);
  constexpr std::size_t kStreams = kSanitized ? 200 : 1000;
  raise_descriptor_limit();
  HubProgram hub({"--drain", "20s", "--retry", "3s"});
  Crowd crowd(hub.port());
  crowd.open(kStreams);
  Publishers publishers(hub.port(), 8);
  wait_until(
      [&] {
        crowd.read();
        publishers.go_on();
        return publishers.accepted >= 200;
      },
      "events to be accepted");

  const auto began = steady_clock::now();
  hub.program().signal(SIGTERM);
  wait_until(
      [&] {
        crowd.read();
        publishers.go_on();
        return crowd.all_ended() && publishers.are_done();
      },
      "every stream to end");
  CHECK(hub.program().wait() == 0);
  CHECK(steady_clock::now() - began < kDrain);

  // Every accepted event is on every stream, in one order without a hole.
  CHECK(publishers.last_accepted >= publishers.accepted);
  for (const auto& stream : crowd.streams()) {
    CHECK(stream.is_complete());
    CHECK(stream.last() >= publishers.last_accepted);
    CHECK(contains(stream.closing(), R"("reason":"shutdown")"));
    REQUIRE(stream.retry());
    CHECK(*stream.retry() >= seconds(3));
    CHECK(contains(stream.closing(), "\"retry\":" + std::to_string(stream.retry()->count())));
  }
  // They come back spread out, not in one moment.
  std::set<std::int64_t> retries;
  for (const auto& stream : crowd.streams()) retries.insert(stream.retry()->count());
  CHECK(retries.size() > kStreams / 4);
}

TEST_CASE("A draining hub refuses what comes new, each as it understands it", "[system][drain]") {
  HubProgram hub({"--drain", "60s", "--send-buffer", "8k"});
  // A stream that takes nothing keeps the hub from ending while we look.
  RawConnection deaf(hub.port(), 4096);
  deaf.send("GET /events/watch HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  deaf.read_until("\r\n\r\n");
  const std::string big = R"({"data":")" + std::string(200'000, 'x') + "\"}";
  REQUIRE(request(hub.port(), "POST", "/events", big).status == 201);
  hub.program().signal(SIGTERM);
  wait_until([&] { return request(hub.port(), "GET", "/-/readyz").status == 503; },
             "the hub to drain");

  CHECK(request(hub.port(), "GET", "/-/healthz").status == 200);
  const auto refused = request(hub.port(), "POST", "/events", R"({"data":1})");
  CHECK(refused.status == 503);
  CHECK(refused.header("Connection") == "close");
  CHECK(request(hub.port(), "GET", "/events/watch").status == 503);
  const auto told =
      request(hub.port(), "GET", "/events/watch", {}, "Accept: text/event-stream\r\n");
  CHECK(told.status == 200);
  CHECK(told.header("SSE-Refused") == "draining");
  CHECK(told.body.starts_with("retry: "));

  // A second signal ends the wait.
  hub.program().signal(SIGTERM);
  CHECK(hub.program().wait() == 128 + SIGTERM);
}

TEST_CASE("A stream that takes nothing is cut at the end of the drain time", "[system][drain]") {
  HubProgram hub({"--drain", "1s", "--send-buffer", "8k"});
  RawConnection deaf(hub.port(), 4096);
  deaf.send("GET /events/watch HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  deaf.read_until("\r\n\r\n");
  const std::string big = R"({"data":")" + std::string(200'000, 'x') + "\"}";
  REQUIRE(request(hub.port(), "POST", "/events", big).status == 201);
  hub.program().signal(SIGTERM);
  CHECK(hub.program().wait() == 0);
}

}  // namespace
}  // namespace sse::test
