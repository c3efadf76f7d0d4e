// A disk that takes its time: what depends on it is late, and nothing else.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "sse/base/gathering.h"

#include "journal/disk_stage.h"
#include "support/catch.h"

namespace sse::test {
namespace {

using namespace std::chrono_literals;
using Kind = log::RowChange::Kind;

TEST_CASE("An event is visible and answered after its sync, and not before", "[journal][slow]") {
  SlowDisk slow;
  slow.hold_with_an_event();
  slow.event("second");
  CHECK(slow.life.pending() == 2);
  CHECK(slow.life.events().empty());
  const auto counts = slow.life.journal().counts();
  REQUIRE(counts);
  CHECK(counts->pending_appends == 2);
  CHECK(counts->pending_bytes > 0);
  CHECK(slow.life.journal().state() == log::JournalState::kReady);
  slow.life.release_syncs();
  slow.life.wait();
  CHECK(slow.life.appended() == 2);
  slow.life.stop();
  CHECK(slow.life.journal().counts()->pending_bytes == 0);
}

TEST_CASE("What gathers during a sync is one commit", "[journal][slow]") {
  SlowDisk slow;
  slow.hold_with_an_event();
  for (int i = 0; i < 100; ++i) slow.event(std::to_string(i));
  const auto syncs = slow.disk.syncs();
  slow.life.release_syncs();
  slow.life.wait();
  CHECK(slow.life.appended() == 101);
  CHECK(slow.disk.syncs() - syncs <= 3);
}

TEST_CASE("What a thread gathers is one commit", "[journal][slow]") {
  SlowDisk slow;
  slow.event("first");
  slow.life.wait();
  slow.life.wait_for_idle();
  const auto before = slow.life.journal().counts()->commits;
  {
    const Gathering gathering;
    for (int i = 0; i < 100; ++i) slow.event(std::to_string(i));
    CHECK(slow.life.journal().counts()->pending_appends == 0);
    CHECK(slow.life.journal().counts()->pending_bytes > 0);
  }
  slow.life.wait();
  CHECK(slow.life.appended() == 101);
  CHECK(slow.life.journal().counts()->commits == before + 1);
}

TEST_CASE("A stop waits for what a thread gathers", "[journal][slow]") {
  SlowDisk slow;
  std::atomic<bool> has_stopped = false;
  std::thread stopper;
  {
    const Gathering gathering;
    slow.event("first");
    stopper = std::thread([&] {
      slow.life.journal().stop(60s);
      has_stopped = true;
    });
    while (slow.life.journal().state() == log::JournalState::kReady) std::this_thread::yield();
    CHECK_FALSE(has_stopped);
  }
  stopper.join();
  CHECK(slow.life.pending() == 0);
  CHECK(slow.life.appended() == 1);
}

TEST_CASE("What is gathered while the disk fails is refused", "[journal][slow]") {
  SlowDisk slow;
  {
    const Gathering gathering;
    slow.event("gathered");
    slow.event("gathered, too");
    slow.disk.fail_next_sync();
    std::thread([&] { slow.event("fails"); }).join();
    slow.life.wait_for_all_but(2);
  }
  slow.life.wait();
  CHECK(slow.life.failures().size() == 1);
  CHECK(slow.life.refused() == 2);
  slow.life.wait_for_idle();
  CHECK(slow.life.journal().counts()->pending_bytes == 0);
}

TEST_CASE("An answer that tells of what is pending waits for it", "[journal][slow]") {
  SlowDisk slow;
  slow.life.hold_syncs();
  slow.put(1, "cpu");
  slow.life.wait_for_sync();
  slow.put(2, "cpu");  // its answer names row 1
  slow.change(Kind::kErase, 1);
  slow.change(Kind::kAdd, 1);  // its answer tells of the deletion
  CHECK(slow.life.pending() == 4);
  slow.life.release_syncs();
  slow.life.wait();
  CHECK(slow.life.appended() == 2);
  CHECK(slow.life.failures().empty());
  CHECK(slow.life.rows().size() == 0);
}

TEST_CASE("What depended on a commit that failed is judged again", "[journal][slow]") {
  SlowDisk slow;
  slow.event("first");
  slow.life.wait();
  slow.life.hold_syncs();
  slow.put(1, "cpu");
  slow.life.wait_for_sync();
  slow.put(2, "cpu");
  slow.change(Kind::kAdd, 1);
  // The second commit's write fails, the first one's sync does not.
  slow.disk.fail(slow.disk.attempts() + 1, DiskFault::kIo);
  slow.life.release_syncs();
  slow.life.wait();
  slow.put(3, "cpu");
  slow.life.wait();
  CHECK(slow.life.rows().size() == 1);
  CHECK(slow.life.journal().state() == log::JournalState::kReady);
}

TEST_CASE("An append that waits too long is told that its outcome is not known",
          "[journal][slow]") {
  auto options = small_options();
  options.journal.commit_timeout = 300ms;
  SlowDisk slow(options);
  slow.hold_with_an_event();
  slow.life.wait();
  REQUIRE(slow.life.failures().size() == 1);
  CHECK(slow.life.failures().front().code == ErrorCode::kUnknown);
  CHECK(slow.life.journal().counts()->of(log::JournalFailure::kTimedOut) == 1);
  slow.life.release_syncs();
  slow.life.stop();
  CHECK(slow.life.events().size() == 1);  // it was taken after all
}

TEST_CASE("More than may be pending is refused at once", "[journal][slow]") {
  auto options = small_options();
  options.journal.max_pending = 100'000;
  SlowDisk slow(options);
  slow.hold_with_an_event();
  for (int i = 0; i < 10; ++i) slow.event(std::string(30'000, 'x'));
  CHECK(slow.life.refused() >= 6);
  CHECK(slow.life.journal().counts()->of(log::JournalFailure::kRefused) == slow.life.refused());
  slow.life.release_syncs();
  slow.life.wait();
  slow.event("again");
  slow.life.wait();
  CHECK(slow.life.refused() + slow.life.appended() == 12);
}

TEST_CASE("A peer that fills its share of what may be pending leaves room for others",
          "[journal][slow]") {
  auto options = small_options();
  options.journal.max_pending = 1'000'000;
  SlowDisk slow(options);
  slow.hold_with_an_event();
  const std::string data(9'000, 'x');
  for (int i = 0; i < 200; ++i) slow.event_of("2001:db8::" + std::to_string(i), data);  // one /64
  const auto taken = slow.life.pending() - 1;
  CHECK(taken > 45);
  CHECK(taken < 60);
  CHECK(slow.life.refused() == 200 - taken);
  for (int i = 0; i < 20; ++i) slow.event_of("192.0.2." + std::to_string(i), data);
  CHECK(slow.life.pending() == 1 + taken + 20);
  for (int i = 0; i < 200; ++i) slow.event_of("192.0.2.0", data);
  CHECK(slow.life.pending() < 1 + taken + 20 + 20);
  slow.event_of("", data);  // of a Unix socket
  slow.event(data);         // of the program itself
  CHECK(slow.life.journal().counts()->of(log::JournalFailure::kRefused) == slow.life.refused());
  const auto refused = slow.life.refused();
  slow.life.release_syncs();
  slow.life.wait();
  slow.life.wait_for_idle();
  CHECK(slow.life.journal().counts()->pending_bytes == 0);
  slow.life.hold_syncs();
  for (std::size_t i = 0; i < taken; ++i) slow.event_of("2001:db8::1", data);
  slow.life.release_syncs();
  slow.life.wait();
  CHECK(slow.life.refused() == refused);
}

TEST_CASE("A stop waits for the disk as long as it may, then tells what is not known",
          "[journal][slow]") {
  SlowDisk slow;
  slow.hold_with_an_event();
  slow.event("second");
  slow.life.journal().stop(20ms);
  CHECK(slow.life.pending() == 0);
  CHECK(slow.life.appended() == 0);
  CHECK(slow.life.failures().size() == 1);  // in flight; the other was not begun
  CHECK(slow.life.refused() == 1);
  CHECK(slow.life.events().empty());
}

TEST_CASE("A stop does not wait for a disk that hangs while it is made room on",
          "[journal][slow]") {
  SlowDisk slow;
  slow.event("first");
  slow.life.wait();
  slow.life.hold_syncs();
  slow.disk.fail(slow.disk.attempts(), DiskFault::kNoSpace);
  slow.event("second");
  slow.life.wait_for_sync();  // of the checkpoint
  slow.event("third");
  slow.life.journal().stop(20ms);
  CHECK(slow.life.pending() == 0);
  REQUIRE(slow.life.failures().size() == 1);
  CHECK(slow.life.failures().front().code == ErrorCode::kUnknown);
  CHECK(slow.life.refused() == 1);
  CHECK(slow.life.events().size() == 1);
}

TEST_CASE("A stop returns when the last answer was given, also an early one", "[journal][slow]") {
  auto options = small_options();
  options.journal.commit_timeout = 300ms;
  SlowDisk slow(options);
  slow.hold_with_an_event();
  std::mutex mutex;
  std::condition_variable changed;
  bool is_answering = false;
  bool has_stopped = false;
  bool stopped_first = true;
  log::Append append(log::EventLimits{1U << 20U, {}});
  append.add({"event", "", "second"});
  const auto answered = slow.life.journal().append(append, [&]() -> log::Journal::Done {
    return [&](log::Append&&) {
      std::unique_lock lock(mutex);
      is_answering = true;
      changed.notify_all();
      stopped_first = changed.wait_for(lock, 100ms, [&] { return has_stopped; });
    };
  });
  REQUIRE(answered == log::Answered::kLater);
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return is_answering; });
  }
  slow.life.journal().stop(0ns);
  const std::lock_guard lock(mutex);
  has_stopped = true;
  changed.notify_all();
  CHECK_FALSE(stopped_first);
}

/// An append of which is noted what it is settled with.
struct Repeated {
  explicit Repeated(SlowDisk& slow, const std::string& data = "keyed") {
    log::Append append(log::EventLimits{1U << 20U, {}});
    append.add({"event", "", data});
    append.keep_repeat([this](const log::Append&) {
      return RepeatRecord("text", [this, held = held](bool is_so) { settled = is_so; });
    });
    slow.life.ask(append, {{}});
  }

  const std::shared_ptr<int> held = std::make_shared<int>();
  std::optional<bool> settled;
};

TEST_CASE("What was answered too early learns what became of it", "[journal][slow]") {
  auto options = small_options();
  options.journal.commit_timeout = 300ms;
  SlowDisk slow(options);
  slow.life.hold_syncs();
  Repeated early(slow);
  slow.life.wait();
  REQUIRE(slow.life.failures().size() == 1);
  CHECK(slow.life.failures().front().code == ErrorCode::kUnknown);
  CHECK_FALSE(early.settled);
  SECTION("it was kept") {
    slow.life.release_syncs();
    slow.life.stop();
    CHECK(early.settled == true);
  }
  SECTION("the disk failed: nothing is known") {
    slow.disk.fail_next_sync();
    slow.life.release_syncs();
    slow.life.stop();
    CHECK(slow.life.journal().state() == log::JournalState::kFailed);
    CHECK_FALSE(early.settled);
  }
  CHECK(early.held.use_count() == 1);
}

TEST_CASE("What was answered while a disk that hangs was made room on learns that it failed",
          "[journal][slow]") {
  auto options = small_options();
  options.journal.commit_timeout = 300ms;
  SlowDisk slow(options);
  slow.life.hold_syncs();
  slow.disk.set_room([] { return std::uint64_t{0}; });
  Repeated early(slow, std::string(20'000, 'x'));  // more than the first page has room for
  slow.life.wait();
  REQUIRE(slow.life.failures().size() == 1);
  CHECK(slow.life.failures().front().code == ErrorCode::kUnknown);
  CHECK_FALSE(early.settled);
  slow.life.release_syncs();
  slow.life.stop();
  CHECK(early.settled == false);  // there was nothing to delete
  CHECK(slow.life.events().empty());
  CHECK(early.held.use_count() == 1);
}

TEST_CASE("What is answered with its outcome is not settled", "[journal][slow]") {
  SlowDisk slow;
  Repeated timely(slow);
  slow.life.wait();
  CHECK(slow.life.appended() == 1);
  slow.life.stop();
  CHECK_FALSE(timely.settled);
}

TEST_CASE("A backup under way when the disk fails ends with that", "[journal][slow][backup]") {
  SlowDisk slow;
  slow.hold_with_an_event();
  std::promise<Result<journal::BackupMade>> made;
  dynamic_cast<journal::SqliteJournal&>(slow.life.journal())
      .backup([&](Result<journal::BackupMade> result) { made.set_value(std::move(result)); });
  slow.disk.fail_next_sync();
  slow.life.release_syncs();
  slow.life.wait();
  CHECK(slow.life.journal().state() == log::JournalState::kFailed);
  const auto result = made.get_future().get();
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ErrorCode::kUnavailable);
}

TEST_CASE("A directory is not given away while a backup of it is made", "[journal][slow][backup]") {
  SlowDisk slow;
  slow.hold_with_an_event();
  std::promise<Result<journal::BackupMade>> made;
  dynamic_cast<journal::SqliteJournal&>(slow.life.journal())
      .backup([&](Result<journal::BackupMade> result) { made.set_value(std::move(result)); });
  const auto suspended = slow.life.journal().suspend(0s);
  REQUIRE_FALSE(suspended);
  CHECK(suspended.error().text == "a backup is being made");
  CHECK(slow.life.journal().state() == log::JournalState::kReady);
  slow.life.release_syncs();
  slow.life.wait();
  CHECK(made.get_future().get());
}

}  // namespace
}  // namespace sse::test
