// Promise 2: no silent gap. A subscriber that is killed, a hub that is restarted, a position that
// has expired.

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sse/client/cursor_file.h"

#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"
#include "support/temporary_directory.h"
#include "system/stream_reader.h"

using sse::test::HubProgram;
using sse::test::Program;
using sse::test::RawConnection;
using sse::test::StreamReader;
using sse::test::TemporaryDirectory;
using sse::test::wait_until;

namespace {

/// Publishes 1, 2, 3, ... as data, on one connection.
class Counter {
 public:
  explicit Counter(std::uint16_t port) : connection_(port) {}

  /// The next `count` numbers in one request. Returns their event ids.
  std::vector<std::string> publish(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += "{\"data\":" + std::to_string(++last_) + "}\n";
    connection_.send(
        "POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"
        "Content-Length: " +
        std::to_string(lines.size()) + "\r\n\r\n" + lines);
    const auto answer = sse::test::read_answer(connection_);
    REQUIRE(answer.status == 200);
    std::vector<std::string> ids;
    const auto json = nlohmann::json::parse(answer.body);
    for (const auto& result : json.at("results")) {
      ids.push_back(result.at("id"));
    }
    REQUIRE(ids.size() == static_cast<std::size_t>(count));
    return ids;
  }

  int last() const { return last_; }

 private:
  RawConnection connection_;
  int last_ = 0;
};

/// sse-sub as people run it, with its place in a directory of the test.
class SubRuns {
 public:
  Program start(const HubProgram& hub, std::vector<std::string> options) const {
    options.insert(options.begin(), {"sse-sub", "--retry-min=1ms", "--retry-max=20ms"});
    return Program(options, {{"SSE_URL=" + hub.url(), "SSE_STATE_DIR=" + directory_.file("state")},
                             false,
                             directory_.path()});
  }
  std::string file(std::string_view name) const { return directory_.file(name); }

 private:
  TemporaryDirectory directory_;
};

/// The numbers of the complete lines.
std::vector<int> numbers(const std::string& out) {
  std::vector<int> found;
  std::size_t begin = 0;
  std::size_t end = 0;
  while ((end = out.find('\n', begin)) != std::string::npos) {
    found.push_back(std::stoi(out.substr(begin, end - begin)));
    begin = end + 1;
  }
  return found;
}

std::string saved_id(const std::string& path) {
  const auto cursor = sse::client::parse_cursor(sse::test::read_text(path));
  return cursor ? cursor->id : "";
}

/// The rounds of the kill test; more for a long run by hand.
int rounds() {
  const char* text = std::getenv("SSE_KILL_ROUNDS");
  return text == nullptr ? 25 : std::atoi(text);
}

}  // namespace

TEST_CASE("What a subscriber killed at any moment has printed has no gap", "[system][resume]") {
  HubProgram hub({"--ttl=1h"});
  Counter counter(hub.port());
  SubRuns runs;
  const std::string place = runs.file("place");
  const std::vector<std::string> options{"--cursor-file", place, "--since=earliest"};
  std::mt19937 random(1);
  int printed = 0;  // everything up to here
  int resumed = 0;  // runs that went on after a place
  bool has_place = false;
  const auto check = [&](const std::string& out) {
    const auto lines = numbers(out);
    if (lines.empty()) return;
    if (has_place) {
      CHECK(lines.front() > 1);
      ++resumed;
    }
    CHECK(lines.front() <= printed + 1);
    for (std::size_t i = 1; i < lines.size(); ++i) REQUIRE(lines[i] == lines[i - 1] + 1);
    printed = std::max(printed, lines.back());
  };

  for (int round = 0; round < rounds(); ++round) {
    auto sub = runs.start(hub, options);
    // Half of them die while they start, the others after some lines, the first of these after its
    // first save: a slow machine may kill all others before theirs.
    if (round % 2 == 0) {
      for (auto turns = random() % 40; turns > 0; --turns) counter.publish(1);
    } else {
      const auto wanted = sub.out().size() + 1 + random() % 2000;
      wait_until(
          [&] {
            counter.publish(static_cast<int>(1 + random() % 20));
            return sub.out().size() >= wanted;
          },
          "some lines");
    }
    const bool saves = round == 1;
    if (saves) wait_until([&] { return saved_id(place) != ""; }, "a place");
    sub.signal(SIGKILL);
    CHECK(sub.wait() == 128 + SIGKILL);
    check(sub.out());
    has_place = has_place || saves;
  }

  auto last = runs.start(hub, options);
  last.wait_for_out("\n" + std::to_string(counter.last()) + "\n");
  last.signal(SIGTERM);
  CHECK(last.wait() == 128 + SIGTERM);
  check(last.out());
  CHECK(printed == counter.last());
  CHECK(resumed > rounds() / 4);
  CHECK(last.err() == "");
}

TEST_CASE("After three of a hundred events that are there the saved place is the third",
          "[system][resume]") {
  HubProgram hub;
  Counter counter(hub.port());
  const auto ids = counter.publish(100);
  SubRuns runs;
  const std::vector<std::string> options{"--cursor-file", runs.file("place"), "--since=earliest",
                                         "-C3"};
  auto sub = runs.start(hub, options);
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "1\n2\n3\n");
  CHECK(saved_id(runs.file("place")) == ids[2]);

  auto next = runs.start(hub, options);
  CHECK(next.wait() == 0);
  CHECK(next.out() == "4\n5\n6\n");
  CHECK(saved_id(runs.file("place")) == ids[5]);
}

TEST_CASE("A restarted hub is recognised: the subscriber is told of the gap and goes on",
          "[system][resume][plain]") {
  SubRuns runs;
  auto hub = std::make_unique<HubProgram>(std::vector<std::string>{"--retry=10ms"});
  const std::string port = std::to_string(hub->port());
  auto warned = runs.start(*hub, {"--resume=warned"});
  auto strict = runs.start(*hub, {"--resume=strict", "--on-gap=fail"});
  auto emitting = runs.start(*hub, {"--resume=emitting", "--on-gap=emit", "-o", "json"});
  {
    Counter counter(hub->port());
    wait_until(
        [&] {
          counter.publish(1);
          return !warned.out().empty() && !strict.out().empty() && !emitting.out().empty();
        },
        "all to follow");
  }
  hub.reset();  // killed: no stream is told
  hub = std::make_unique<HubProgram>(std::vector<std::string>{"--retry=10ms", "--port", port});

  CHECK(strict.wait() == 79);
  CHECK(strict.err().find("the hub was restarted") != std::string::npos);
  warned.wait_for_err("the hub was restarted");
  CHECK(warned.err().find("events may be lost: the hub was restarted") != std::string::npos);
  emitting.wait_for_out(R"("event":"sse.gap")");
  emitting.wait_for_out(R"("reason":"other-stream")");
  sse::test::request(hub->port(), "POST", "/events", R"({"data":"after the restart"})");
  warned.wait_for_out("after the restart\n");
  emitting.wait_for_out("after the restart");

  // The place is one of the new hub now: the next run is told nothing.
  warned.signal(SIGTERM);
  CHECK(warned.wait() == 128 + SIGTERM);
  sse::test::request(hub->port(), "POST", "/events", R"({"data":"meanwhile"})");
  auto next = runs.start(*hub, {"--resume=warned", "-C1"});
  CHECK(next.wait() == 0);
  CHECK(next.out() == "meanwhile\n");
  CHECK(next.err() == "");
}

TEST_CASE(
    "A place that outlived its hub is a gap for the next run, with 79 where that is asked for",
    "[system][resume]") {
  SubRuns runs;
  const std::vector<std::string> options{"--cursor-file", runs.file("place"), "-C1"};
  {
    HubProgram hub;
    Counter counter(hub.port());
    counter.publish(1);
    auto sub = runs.start(hub, {"--cursor-file", runs.file("place"), "-C1", "--since=earliest"});
    CHECK(sub.wait() == 0);
  }
  HubProgram hub;
  Counter counter(hub.port());
  counter.publish(2);
  auto strict = runs.start(hub, {"--cursor-file", runs.file("place"), "--on-gap=fail"});
  CHECK(strict.wait() == 79);
  CHECK(strict.out() == "");
  auto warned = runs.start(hub, options);
  CHECK(warned.wait() == 0);
  CHECK(warned.out() == "1\n");
  CHECK(warned.err().find("the hub was restarted") != std::string::npos);
}

TEST_CASE("A position older than the time to live is a gap with the exact number missed",
          "[system][resume]") {
  HubProgram hub({"--ttl=2s"});
  Counter counter(hub.port());
  const auto ids = counter.publish(5);
  const std::string query = "?last_event_id=" + ids.front();
  // Until they expire, the four after the first are replayed; what is replayed is not missed.
  wait_until(
      [&] {
        const auto head =
            sse::test::request(hub.port(), "HEAD", "/events/watch" + query).header("SSE-Resume");
        return head.rfind("gap; missed=4; oldest=", 0) == 0;
      },
      "the gap");

  StreamReader reader(hub.port(), query);
  reader.connect();
  reader.read_until([&] { return !reader.hub_events().empty(); }, "the gap");
  const auto gap = reader.hub_events().front();
  CHECK(gap.type == "sse.gap");
  const auto json = nlohmann::json::parse(gap.data);
  CHECK(json.at("requested") == ids.front());
  CHECK(json.at("missed") == 4);
  CHECK(json.at("reason") == "expired");
  CHECK(reader.header("SSE-Resume").rfind("gap; missed=4; oldest=", 0) == 0);

  const auto next = counter.publish(1);
  reader.read_until([&] { return !reader.ids().empty(); }, "the next event");
  CHECK(reader.ids() == next);
}
