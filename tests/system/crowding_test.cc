#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "crowd.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"
#include "system/process.h"

namespace sse::test {
namespace {

/// A peer that sends its request a byte at a time, or not to its end, or not at all.
class Dawdler {
 public:
  Dawdler(std::uint16_t port, std::string_view dribble) : connection_(port), dribble_(dribble) {}

  const RawConnection& connection() const { return connection_; }

  /// The next byte, if there is one, and whatever has arrived.
  void go_on() {
    if (ended_) return;
    if (sent_ < dribble_.size()) connection_.send(dribble_.substr(sent_++, 1));
    char buffer[1024];
    const auto size = ::recv(connection_.fd(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (size > 0) received_.append(buffer, static_cast<std::size_t>(size));
    if (size == 0 || (size < 0 && errno != EAGAIN)) ended_ = true;
  }

  bool has_ended() const { return ended_; }
  const std::string& received() const { return received_; }

 private:
  RawConnection connection_;
  std::string_view dribble_;  // static text
  std::size_t sent_ = 0;
  bool ended_ = false;
  std::string received_;
};

using Dawdlers = std::deque<Dawdler>;

bool all_ended(const Dawdlers& dawdlers) {
  return std::all_of(dawdlers.begin(), dawdlers.end(),
                     [](const Dawdler& dawdler) { return dawdler.has_ended(); });
}

TEST_CASE("Requests that never end and connections that idle disturb no stream, and end",
          "[system][limits]") {
  constexpr std::size_t kEach = kSanitized ? 100 : 500;
  // Longer than anybody here dribbles.
  static const std::string endless =
      "GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + std::string(10'000, 'x');
  raise_descriptor_limit();
  HubProgram hub({"--request-timeout", "2s", "--idle-timeout", "4s"});
  Crowd crowd(hub.port());
  crowd.open(3);
  Dawdlers heads;
  Dawdlers bodies;
  Dawdlers idle;
  for (std::size_t i = 0; i < kEach; ++i) {
    heads.emplace_back(hub.port(), endless);
    bodies.emplace_back(hub.port(), "")
        .connection()
        .send("POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{\"data\":");
    idle.emplace_back(hub.port(), "")
        .connection()
        .send("GET /-/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }

  Poster poster(hub.port());
  wire::Sequence accepted = 0;
  poster.post(R"({"data":"as if nothing were"})");
  wait_until(
      [&] {
        for (auto* dawdlers : {&heads, &bodies, &idle}) {
          for (auto& dawdler : *dawdlers) dawdler.go_on();
        }
        crowd.read();
        if (const auto answer = poster.answer()) {
          REQUIRE(answer->status == 201);
          accepted = accepted_id(*answer).sequence();
          poster.post(R"({"data":"as if nothing were"})");
        }
        return all_ended(heads) && all_ended(bodies) && all_ended(idle);
      },
      "the slow connections to be closed");

  for (const auto* dawdlers : {&heads, &bodies}) {
    for (const auto& dawdler : *dawdlers) {
      CHECK(dawdler.received().starts_with("HTTP/1.1 408 "));
      CHECK(dawdler.received().find("\r\nConnection: close\r\n") != std::string::npos);
    }
  }
  for (const auto& dawdler : idle) {
    CHECK(dawdler.received().starts_with("HTTP/1.1 200 "));
    CHECK(dawdler.received().find("HTTP/1.1", 1) == std::string::npos);  // closed in silence
  }
  CHECK(accepted > 0);
  wait_until(
      [&] {
        crowd.read();
        return crowd.all_reached(accepted);
      },
      "the streams to have what was posted meanwhile");
  for (const auto& stream : crowd.streams()) CHECK(stream.is_complete());
}

TEST_CASE("A hub without descriptors goes on with what it has, and recovers", "[system][limits]") {
  HubProgram hub;
  Crowd crowd(hub.port());
  crowd.open(2);
  Poster poster(hub.port());
  const auto publish = [&] {
    poster.post(R"({"data":"still here"})");
    std::optional<RawAnswer> answer;
    wait_until([&] { return (answer = poster.answer()).has_value(); }, "the answer to a POST");
    REQUIRE(answer->status == 201);
    const auto sequence = accepted_id(*answer).sequence();
    wait_until(
        [&] {
          crowd.read();
          return crowd.all_reached(sequence);
        },
        "the streams to get it");
  };
  publish();
  const auto before = open_descriptors(hub.program().pid());
  limit_descriptors(hub.program().pid(), before + 10);

  Dawdlers others;
  for (int i = 0; i < 100; ++i) others.emplace_back(hub.port(), "");
  hub.program().wait_for_err("out of file descriptors");
  publish();
  const auto turned_away = [&] {
    for (auto& dawdler : others) dawdler.go_on();
    return std::count_if(others.begin(), others.end(),
                         [](const Dawdler& dawdler) { return dawdler.has_ended(); });
  };
  wait_until([&] { return turned_away() >= 80; }, "those without a place to be turned away");
  publish();

  others.clear();
  wait_until([&] { return open_descriptors(hub.program().pid()) <= before; },
             "the hub to let go of the streams that left");
  CHECK(request(hub.port(), "GET", "/-/healthz").status == 200);
  crowd.open(2);
  publish();
}

TEST_CASE("The table of descriptors has its size from the start", "[system][limits]") {
  HubProgram hub({"--threads=1", "--max-clients=3000", "--max-connections=1000"});
  CHECK(descriptor_table_size(hub.program().pid()) >= 4000);
}

/// sse-serve under `ulimit -n`, its port on stdout when it is ready.
Program limited_hub(int descriptors, std::vector<std::string> options) {
  options.insert(options.begin(),
                 {"bash", "-c", "ulimit -n " + std::to_string(descriptors) + R"(; exec "$0" "$@")",
                  program_path("sse-serve"), "--bind=127.0.0.1", "--port=0", "--ready-fd=1"});
  return Program(options);
}

TEST_CASE("A hub that may open few descriptors has as many streams as fit, and says so",
          "[system][limits]") {
  constexpr int kDescriptors = 450;
  constexpr std::size_t kFit = 64;  // the rest is for connections and for what lingers
  auto hub = limited_hub(kDescriptors, {"--threads=1", "--max-connections=64"});
  hub.wait_for_out("\n");
  const auto port = static_cast<std::uint16_t>(std::stoi(hub.out()));
  hub.wait_for_err("--max-clients is " + std::to_string(kFit) + " and --max-connections 64 here");

  Crowd crowd(port);
  crowd.open(kFit);
  CHECK(open_streams(port) == kFit);
  Dawdlers others;
  for (int i = 0; i < 200; ++i) others.emplace_back(port, "");  // more than it has connections
  Crowd newcomer(port);
  newcomer.open(1);
  wait_until(
      [&] {
        crowd.read();
        return crowd.streams().front().has_ended();
      },
      "the oldest stream to make room");
  CHECK(crowd.streams().front().closing().find("evicted") != std::string::npos);
  CHECK(open_streams(port) == kFit);
  CHECK(hub.err().find("out of file descriptors") == std::string::npos);
}

TEST_CASE("A hub that may not open enough descriptors for itself does not start",
          "[system][limits]") {
  auto hub = limited_hub(80, {"--threads=1", "--max-connections=64"});
  CHECK(hub.wait() == 78);
  CHECK(hub.err().find("ulimit -n") != std::string::npos);
  auto asked = limited_hub(450, {"--threads=1", "--max-connections=64", "--max-clients=100"});
  CHECK(asked.wait() == 78);
  CHECK(asked.err().find("--max-clients 100") != std::string::npos);
}

TEST_CASE("Bodies that are promised cost nothing before they come", "[system][limits][plain]") {
  constexpr std::size_t kPromises = 1000;
  constexpr std::size_t kMostEach = 8U << 10U;
  raise_descriptor_limit();
  HubProgram hub;
  CHECK(request(hub.port(), "GET", "/-/healthz").status == 200);
  const auto before = rss_bytes(hub.program().pid());
  std::deque<RawConnection> peers;
  for (std::size_t i = 0; i < kPromises; ++i) {
    peers.emplace_back(hub.port())
        .send("POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048576\r\n\r\n{");
  }
  const auto descriptors = [&] { return open_descriptors(hub.program().pid()); };
  wait_until([&] { return descriptors() > kPromises; }, "all of them to be accepted");
  CHECK(request(hub.port(), "GET", "/-/healthz").status == 200);
  const auto grown = rss_bytes(hub.program().pid()) - before;
  INFO("grown by " << grown / kPromises << " bytes each");
  CHECK((grown < kPromises * kMostEach || kSanitized));
}

}  // namespace
}  // namespace sse::test
