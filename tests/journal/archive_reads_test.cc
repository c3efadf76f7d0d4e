// Reads and commits on one disk, which takes its time: neither waits long for the other.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "journal/archive_stage.h"

namespace sse::test {
namespace {

using namespace std::chrono_literals;

using Chunks = Result<std::vector<std::string>>;

/// A long history, read by a life of its own.
struct Reading : LongHistory {
  explicit Reading(int events = 300, const Life::Options& with = archive_options())
      : LongHistory(events, with), life(disk, clock, random, options, head) {
    REQUIRE(life.start_without_archive());
  }
  ~Reading() {
    disk.before_read({});
    disk.before_sync({});
  }

  void ask() {
    log::Append append(log::EventLimits{1U << 20U, {}});
    append.add({"event", "", "data"});
    life.ask(append, {{}});
  }
  std::future<Chunks> read(wire::Sequence first, wire::Sequence last) {
    auto read = std::make_shared<std::promise<Chunks>>();
    auto known = read->get_future();
    life.journal().read(first, last, [read](Chunks chunks) { read->set_value(std::move(chunks)); });
    return known;
  }

  Life life;
};

/// As long as a page takes on a slow disk: longer than what reads are allowed at one time.
void take_time() {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable never;
  never.wait_for(lock, 3ms, [] { return false; });
}

TEST_CASE("A commit waits for a few pages of a read", "[journal][archive][slow]") {
  auto options = archive_options();
  const auto size = GENERATE(std::size_t{900'000}, std::size_t{1000});
  FixedRandom random(1);
  LongHistory history(0, options);
  {
    Life life(history.disk, history.clock, random, options, history.head);
    REQUIRE(life.start());
    publish(life, 1, size);
    publish(life, 400);
    life.stop();
    history.head = life.head();
  }
  Life life(history.disk, history.clock, random, options, history.head);
  REQUIRE(life.start_without_archive());
  std::atomic<int> reads = 0;
  std::atomic<int> reads_before_commit = -1;
  history.disk.before_sync([&] {
    int none = -1;
    reads_before_commit.compare_exchange_strong(none, reads.load());
  });
  history.disk.before_read([&] {
    if (reads++ == 2) {
      log::Append append(log::EventLimits{1U << 20U, {}});
      append.add({"event", "", "data"});
      life.ask(append, {{}});
    }
    if (reads_before_commit < 0) take_time();
  });
  CHECK(life.read(1, 100));
  life.wait();
  history.disk.before_read({});
  history.disk.before_sync({});
  CHECK(reads_before_commit > 2);
  CHECK(reads_before_commit <= 3 + 8);  // four pages, and those of the index
  CHECK(life.appended() == 1);
}

TEST_CASE("A read ends though appends wait all the time", "[journal][archive][slow]") {
  Reading reading;
  std::atomic<bool> goes_on = true;
  reading.disk.before_sync([&] {
    if (goes_on) reading.ask();
  });
  reading.ask();
  CHECK(reading.life.read(1, 200));
  CHECK(reading.life.read(100, 200));
  goes_on = false;
  reading.life.wait();
  CHECK(reading.life.failures().empty());
}

TEST_CASE("A read that the disk fails can be asked again", "[journal][archive]") {
  Reading reading;
  reading.disk.fail_reads_from(reading.disk.reads() + GENERATE(0U, 1U, 2U));
  const auto failed = reading.life.read(1, 60);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::kIo);
  CHECK(reading.life.journal().counts()->of(log::JournalFailure::kIo) == 1);
  reading.disk.fail_reads_from({});
  CHECK(reading.life.read(1, 60));
  publish(reading.life, 1);
  CHECK(reading.life.failures().empty());
}

TEST_CASE("Reads go on after a failed sync, and write nothing", "[journal][archive]") {
  Reading reading;
  reading.disk.fail_next_sync();
  publish(reading.life, 1);
  REQUIRE(reading.life.journal().state() == log::JournalState::kFailed);
  const auto operations = reading.disk.position();
  CHECK(reading.life.read(1, 60));
  CHECK(reading.disk.position() == operations);
}

TEST_CASE("Every read is answered when the journal stops", "[journal][archive][slow]") {
  std::promise<void> may_read;  // outlives the journal's thread, which reads to its end
  auto released = may_read.get_future().share();
  Reading reading;
  reading.disk.before_read([&] { released.wait(); });
  std::vector<std::future<Chunks>> reads;
  for (int i = 0; i < 3; ++i) reads.push_back(reading.read(1, 60));
  reading.life.journal().stop(0ns);
  may_read.set_value();
  for (std::size_t i = 0; i < reads.size(); ++i) {
    const auto answer = reads[i].get();
    if (i == 0 && answer) continue;  // it may have been under way
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::kUnavailable);
  }
  const auto late = reading.life.read(1, 60);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == ErrorCode::kUnavailable);
}

TEST_CASE("What retention deletes while it is read is told, and so is the tail",
          "[journal][archive][slow]") {
  auto options = archive_options();
  options.log.max_events = 250;
  Reading reading(250, options);
  std::atomic<int> reads = 0;
  reading.disk.before_read([&] {
    if (reads++ < 2) return;
    take_time();
    if (reads > 3) return;
    reading.clock.advance(2s);
    log::Append append(log::EventLimits{1U << 20U, {}});
    for (int i = 0; i < 30; ++i) append.add({"event", "", "data"});
    reading.life.ask(append, std::vector<Wish>(30));
  });
  const auto answer = reading.read(1, 60).get();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::kNotFound);
  reading.life.wait();
  REQUIRE(reading.life.tail());
  CHECK(reading.life.tail()->oldest.sequence() == 31);
  CHECK(reading.life.read(31, 60));
}

TEST_CASE("Damage that cannot be written down is told all the same", "[journal][archive]") {
  LongHistory history;
  change(history.disk, "UPDATE log SET count = 0 WHERE first = 30");
  Life life(history.disk, history.clock, history.random, history.options, history.head);
  REQUIRE(life.start_without_archive());
  const bool has_failed = GENERATE(true, false);
  if (has_failed) {
    history.disk.fail_next_sync();
    publish(life, 1);
    REQUIRE(life.journal().state() == log::JournalState::kFailed);
  } else {
    history.disk.fail(history.disk.attempts(), DiskFault::kNoSpace);
  }
  const auto operations = history.disk.position();
  CHECK_FALSE(life.read(1, 60));
  CHECK(life.tail()->oldest.sequence() == 31);
  CHECK(life.read(31, 60));
  if (has_failed) {
    CHECK(history.disk.position() == operations);
    return;
  }
  publish(life, 1);
  CHECK(life.appended() == 1);
}

}  // namespace
}  // namespace sse::test
