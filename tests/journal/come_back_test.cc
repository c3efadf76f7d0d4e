// A directory that is read back again after a takeover of which nothing has come, and a hub that
// stops meanwhile.

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "sse/journal/sqlite_journal.h"
#include "sse/log/journal.h"

#include "journal/disk_gate.h"
#include "journal/durable_log.h"
#include "support/catch.h"
#include "support/recording_vfs.h"

namespace sse::test {
namespace {

using namespace std::chrono_literals;

/// A follower that may go: it counts what it is asked from then on.
class GoingFollower final : public log::Follower {
 public:
  KeyedHash name_hash() const override {
    note();
    return {};
  }
  void load(const log::Origin& /*origin*/, std::span<const log::KeptRow> /*rows*/) override {
    note();
  }
  void move_tail(const log::Tail& /*tail*/) override {
    note();
    ++tails_;
  }
  void add(std::span<const log::Entry> /*entries*/, BootTime /*now*/) override { note(); }
  void restart(const log::Origin& /*origin*/, std::span<const log::KeptRow> /*rows*/,
               std::string_view /*why*/) override {
    note();
  }
  void wake() override { note(); }

  void go() { is_gone_ = true; }
  int asked_since() const { return asked_since_; }
  int tails() const { return tails_; }

 private:
  void note() const { asked_since_ += is_gone_ ? 1 : 0; }

  std::atomic<bool> is_gone_ = false;
  mutable std::atomic<int> asked_since_ = 0;
  std::atomic<int> tails_ = 0;
};

/// A journal with a history that is not all in memory, on a disk whose reads can wait.
class SlowReturn {
 public:
  SlowReturn() {
    options_ = DurableLog::options(root_.file("data"));
    options_.keeper.journal.vfs = disk_.name();
    options_.keeper.log.memory_bytes = 700'000;
    DurableLog(options_, clock_).ask(many_events());
    disk_.before_read([this] { gate_.pass(); });
    journal = std::make_unique<journal::SqliteJournal>(options_.keeper, clock_, random_);
    REQUIRE(journal->start(follower));
  }
  ~SlowReturn() { gate_.open(); }
  SlowReturn(const SlowReturn&) = delete;
  SlowReturn& operator=(const SlowReturn&) = delete;

  /// Nothing has come of a takeover.
  void come_back() {
    REQUIRE(journal->suspend(60s));
    REQUIRE(journal->resume());
    while (journal->state() == log::JournalState::kAway) std::this_thread::yield();
    REQUIRE(journal->state() == log::JournalState::kReady);
  }
  /// The same of a disk that takes its time.
  void come_back_slowly() {
    REQUIRE(journal->suspend(60s));
    gate_.close();
    REQUIRE(journal->resume());
    while (!gate_.is_held()) std::this_thread::yield();
  }
  void end_slowness() { gate_.open(); }
  std::uint64_t syncs() const { return disk_.syncs(); }

  std::string reason_for_a_new_epoch() {
    return DurableLog(options_, clock_).journal->loaded().new_epoch;
  }

 private:
  log::Append many_events() const {
    log::Append append(log::EventLimits{1U << 20U, {}});
    for (int i = 0; i < 1000; ++i) append.add({"e", "t", std::string(1000, 'x')});
    return append;
  }

  TemporaryDirectory root_;
  ManualClock clock_;
  FixedRandom random_{1};
  RecordingVfs disk_;
  DiskGate gate_;
  DurableLog::Options options_;

 public:
  GoingFollower follower;
  std::unique_ptr<journal::SqliteJournal> journal;
};

TEST_CASE("A hub that stops while it reads its directory back again does not wait for it",
          "[journal][slow]") {
  SlowReturn hub;
  hub.come_back_slowly();
  const auto syncs = hub.syncs();
  hub.journal->stop(60s);
  hub.follower.go();
  CHECK(hub.journal->state() == log::JournalState::kStopped);
  hub.end_slowness();
  hub.journal.reset();
  CHECK(hub.follower.asked_since() == 0);
  CHECK(hub.syncs() == syncs);  // a read-back that comes to its end begins a run
  CHECK(hub.reason_for_a_new_epoch().empty());
}

TEST_CASE("A directory that was read back again tells where its history begins",
          "[journal][slow]") {
  SlowReturn hub;
  const int before = hub.follower.tails();
  hub.come_back();
  CHECK(hub.follower.tails() == before + 1);
}

}  // namespace
}  // namespace sse::test
