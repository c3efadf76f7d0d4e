// The whole hub on a disk that takes 200 ms for each page that is read: what is not read from it
// takes no time of it, a commit waits for a few pages at most, and replays come to their end. Time
// stands still where the test does not move it.

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "sse/base/random.h"
#include "sse/journal/sqlite_journal.h"

#include "journal/disk_gate.h"
#include "support/catch.h"
#include "support/memory_hub.h"
#include "support/program.h"
#include "support/recording_vfs.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kRead{200};
constexpr int kEvents = 2000;

// Reads may keep appends waiting for less, by the clock of the threads.
constexpr std::chrono::milliseconds kLonger{3};

// What a commit may wait for: four pages of a read, and those of the index; the first one reads
// some for itself. A chunk has thirty.
constexpr int kMostPages = 12;

std::string line(int number) {
  return R"({"topic":"t/)" + std::to_string(number % 4) + R"(","data":"event )" +
         std::to_string(number) + " " + std::string(1000, '.') + "\"}\n";
}

class SlowReads {
 public:
  SlowReads() {
    start();
    for (int number = 1; number <= kEvents;) {
      std::string lines;
      for (int i = 0; i < 100; ++i) lines += line(number++);
      ask("POST", "/events", lines, "Content-Type: application/x-ndjson\r\n");
      wait_for_head(number - 1);
    }
    hub.reset();
    disk_.before_read([this] { gate_.pass(); });
    start();  // what the first life wrote was at hand for it
    REQUIRE(hub->log.view().tail() == 1);
    REQUIRE(hub->log.view().first_held() > kEvents / 2);
    gate_.close();
  }
  ~SlowReads() { gate_.open(); }
  SlowReads(const SlowReads&) = delete;
  SlowReads& operator=(const SlowReads&) = delete;

  Peer& ask(const std::string& method, const std::string& target, const std::string& body = {},
            const std::string& fields = {}) {
    Peer& peer = hub->connect();
    peer.send(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
              (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") +
              "\r\n" + body);
    hub->settle();
    return peer;
  }
  Peer& get(const std::string& target) { return ask("GET", target); }

  /// What is at hand may be sent before.
  void wait_for_read() {
    const auto is_held = [this] {
      hub->settle();
      return gate_.is_held();
    };
    wait_until(is_held, "a page to be read");
  }
  void wait_for_head(int number) {
    wait_until([&] { return has(number); }, "an event to be visible");
  }
  bool has(int number) const { return hub->log.head() >= static_cast<wire::Sequence>(number); }

  /// The page that is read comes after its time, and no loop turns meanwhile.
  void finish_read() {
    hub->clock.advance(kRead);
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() < begin + kLonger) std::this_thread::yield();
    gate_.let_one_pass();
  }
  /// Pages that come until the event is visible.
  int reads_until(int number) {
    int reads = 0;
    while (!has(number)) {
      wait_until([&] { return has(number) || gate_.is_held(); }, "a page, or an event");
      if (has(number)) break;
      finish_read();
      ++reads;
    }
    return reads;
  }
  void end_slowness() { gate_.open(); }

 private:
  void start() {
    MemoryHub::Options options;
    options.hub.heartbeat = 1s;
    options.log.retention.max_bytes = log::kMinLogBytes;
    options.make_journal = [this](const log::MemoryJournal::Options& wanted, const Clock& clock) {
      journal::DurableOptions durable;
      durable.journal.directory = directory_.path();
      durable.journal.vfs = disk_.name();
      durable.journal.reserve = 0;
      durable.journal.commit_timeout = {};
      durable.log.memory_bytes = log::kMinLogBytes;
      durable.rows = wanted.rows;
      return std::make_unique<journal::SqliteJournal>(durable, clock, random_);
    };
    hub.emplace(options);
  }

  TemporaryDirectory directory_;
  SystemRandom random_;
  RecordingVfs disk_;
  DiskGate gate_;

 public:
  std::optional<MemoryHub> hub;
};

bool has(const Peer& peer, const std::string& text) {
  return peer.received().find(text) != std::string::npos;
}

int count(const Peer& peer, const std::string& text) {
  int found = 0;
  for (auto at = peer.received().find(text); at != std::string::npos;
       at = peer.received().find(text, at + 1)) {
    ++found;
  }
  return found;
}

TEST_CASE("On a disk that is slow to read, nothing but what is read from it takes its time",
          "[journal][archive][slow]") {
  SlowReads slow;
  Peer& live = slow.get("/events/watch?topic=live");
  Peer& cold = slow.get("/events/watch?since=earliest");
  Peer& filtered = slow.get("/events/watch?since=earliest&topic=t/2");
  slow.wait_for_read();
  for (int i = 1; i <= 10; ++i) {
    CAPTURE(i);
    const auto begin = slow.hub->clock.now().boot;
    const std::string from_memory = "/events?since=-20";
    CHECK(has(slow.get(from_memory), "event " + std::to_string(kEvents) + " "));
    CHECK(has(slow.get("/events/watch?since=-20"), "event " + std::to_string(kEvents) + " "));
    CHECK(has(slow.get("/-/readyz"), "HTTP/1.1 200 "));
    Peer& answer =
        slow.ask("POST", "/events", R"({"topic":"live","data":"now )" + std::to_string(i) + "\"}");
    CHECK(slow.hub->clock.now().boot == begin);
    CHECK(slow.reads_until(kEvents + i) <= kMostPages);
    const auto end = slow.hub->clock.now().boot;
    slow.hub->settle();
    CHECK(has(live, "data: now " + std::to_string(i) + "\n"));
    CHECK(has(answer, "HTTP/1.1 201 "));
    CHECK(slow.hub->clock.now().boot == end);
    slow.wait_for_read();
  }
  const auto heard = slow.hub->hub.counts().heartbeats;
  slow.hub->pass(3s);
  CHECK(slow.hub->hub.counts().heartbeats >= heard + 3 * 2);  // also of those that wait

  slow.end_slowness();
  wait_until(
      [&] {
        slow.hub->settle();
        return has(cold, "data: now 10\n") &&
               has(filtered, "event " + std::to_string(kEvents - 2) + " ");
      },
      "replays to end");
  CHECK(count(cold, "data: event ") == kEvents);
  CHECK(count(filtered, "data: event ") == kEvents / 4);
}

}  // namespace
}  // namespace sse::test
