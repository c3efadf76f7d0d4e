// The whole hub on a disk that takes 200 ms for each sync: a POST waits for its own commit, and
// from visible to the socket, GET, poll, replay and heartbeat take no time of it. Time stands still
// where the test does not move it, so a step that waited for the disk would never come to its end.

#include <chrono>
#include <string>

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

constexpr std::chrono::milliseconds kSync{200};
constexpr std::chrono::seconds kHeartbeat{1};

class SlowHub {
 public:
  SlowHub() : hub(options()) {
    disk_.before_sync([this] { gate_.pass(); });
    gate_.close();
  }
  ~SlowHub() { gate_.open(); }
  SlowHub(const SlowHub&) = delete;
  SlowHub& operator=(const SlowHub&) = delete;

  Peer& ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    Peer& peer = hub.connect();
    peer.send(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" +
              (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") +
              "\r\n" + body);
    hub.settle();
    return peer;
  }
  Peer& get(const std::string& target) { return ask("GET", target); }
  Peer& post(int number) {
    return ask("POST", "/events", R"({"data":"event )" + std::to_string(number) + "\"}");
  }

  /// Until a commit is in its sync.
  void wait_for_sync() {
    wait_until([this] { return gate_.is_held(); }, "a commit to sync");
  }
  /// The sync ends, event `number` becomes visible, and the next commit is in its own. No loop has
  /// turned meanwhile.
  void finish_commit_of(wire::Sequence number) {
    while (hub.log.head() < number) {
      gate_.let_one_pass();
      wait_for_sync();
    }
  }

  /// The sync fails, and with it the journal.
  void fail_sync() {
    disk_.fail_next_sync();
    gate_.let_one_pass();
    wait_until([this] { return hub.hub.publisher().journal_state() == log::JournalState::kFailed; },
               "the journal to fail");
  }

  std::uint64_t heartbeats() { return hub.hub.counts().heartbeats; }

 private:
  MemoryHub::Options options() {
    MemoryHub::Options options;
    options.hub.heartbeat = kHeartbeat;
    options.make_journal = [this](const log::MemoryJournal::Options& wanted, const Clock& clock) {
      journal::DurableOptions durable;
      durable.journal.directory = directory_.path();
      durable.journal.vfs = disk_.name();
      durable.journal.reserve = 0;
      durable.journal.commit_timeout = {};
      durable.rows = wanted.rows;
      return std::make_unique<journal::SqliteJournal>(durable, clock, random_);
    };
    return options;
  }

  TemporaryDirectory directory_;
  SystemRandom random_;
  RecordingVfs disk_;
  DiskGate gate_;

 public:
  MemoryHub hub;
};

bool has(const Peer& peer, const std::string& text) {
  return peer.received().find(text) != std::string::npos;
}

bool is_ok(const Peer& peer) {
  return peer.received().starts_with("HTTP/1.1 200 ");
}

TEST_CASE("From visible to the socket takes no time of the disk's, nor does what only reads",
          "[journal][slow]") {
  SlowHub slow;
  Peer& stream = slow.get("/events/watch");
  Peer* before = &slow.post(1);
  slow.wait_for_sync();
  for (int number = 1; number <= 20; ++number) {
    CAPTURE(number);
    const std::string text = "data: event " + std::to_string(number);
    Peer& poll = slow.get("/events?since=latest&wait=60s");
    Peer& next = slow.post(number + 1);
    const auto begin = slow.hub.clock.now().boot;

    slow.finish_commit_of(static_cast<wire::Sequence>(number));
    slow.hub.settle();
    CHECK(has(stream, text + "\n"));
    CHECK(has(poll, "event " + std::to_string(number) + "\""));
    CHECK(before->received().starts_with("HTTP/1.1 201 "));
    CHECK(is_ok(slow.get("/metrics?with_readings=true")));
    CHECK(is_ok(slow.get("/events?since=earliest")));
    CHECK(is_ok(slow.get("/-/readyz")));
    CHECK(has(slow.get("/events/watch?since=earliest"), text + "\n"));
    CHECK(slow.hub.clock.now().boot == begin);

    // The next one is in its sync: it is neither visible nor answered for as long as that takes.
    const auto received = stream.received_bytes();
    slow.hub.pass(kSync);
    CHECK(stream.received_bytes() == received);
    CHECK(next.received().empty());
    before = &next;
  }
}

TEST_CASE("Heartbeats come while a sync hangs as they do when nothing is to be synced",
          "[journal][slow]") {
  const auto heard = [](bool hangs) {
    SlowHub slow;
    Peer& stream = slow.get("/events/watch");
    if (hangs) {
      slow.post(1);
      slow.wait_for_sync();
    }
    stream.take();
    slow.hub.pass(10 * kHeartbeat);
    CHECK(slow.heartbeats() > 5);
    return stream.take();
  };
  const std::string quiet = heard(false);
  CHECK(quiet.size() > 10);
  CHECK(heard(true) == quiet);
}

TEST_CASE("Once a sync has failed the hub is not ready, and says that its journal has failed",
          "[journal][slow]") {
  SlowHub slow;
  slow.post(1);
  slow.wait_for_sync();
  CHECK(is_ok(slow.get("/-/readyz")));
  slow.fail_sync();
  for (const auto* path : {"/-/readyz", "/events?wait=10s"}) {
    CAPTURE(path);
    const Peer& peer = slow.get(path);
    CHECK(peer.received().starts_with("HTTP/1.1 503 "));
    CHECK(has(peer, "the hub's journal has failed"));
    CHECK_FALSE(has(peer, "drain"));
  }
  CHECK(is_ok(slow.get("/-/healthz")));
}

TEST_CASE("A stream that is far behind is caught up while a sync hangs", "[journal][slow]") {
  SlowHub slow;
  constexpr int kEvents = 40;
  slow.post(1);
  slow.wait_for_sync();
  // All that gathers during a sync is one commit.
  for (int number = 2; number <= kEvents; ++number) slow.post(number);
  slow.finish_commit_of(1);
  slow.post(kEvents + 1);
  slow.finish_commit_of(kEvents);
  Peer& stream = slow.hub.connect();
  stream.set_room(0);
  stream.send("GET /events/watch?since=earliest HTTP/1.1\r\nHost: localhost\r\n\r\n");
  slow.hub.settle();
  CHECK(stream.received().empty());
  stream.set_room(kUnlimited);
  slow.hub.settle();
  CHECK(has(stream, "event " + std::to_string(kEvents) + "\n"));
  CHECK_FALSE(has(stream, "event " + std::to_string(kEvents + 1)));
}

}  // namespace
}  // namespace sse::test
