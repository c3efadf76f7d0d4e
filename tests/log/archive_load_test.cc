// How an archive reads parts.

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "sse/log/archive.h"

#include "log/archived_log.h"

namespace sse::log {
namespace {

using std::chrono::milliseconds;
using test::ArchivedLog;
using test::KeepingJournal;

/// Tells when a part has been loaded.
struct Loaded {
  std::function<void()> done() {
    return [promise = promise] { promise->set_value(); };
  }
  void wait() { future.get(); }
  bool is_done() const {
    return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

  std::shared_ptr<std::promise<void>> promise = std::make_shared<std::promise<void>>();
  std::future<void> future = promise->get_future();
};

/// Waits for what another thread does.
void until(const std::function<bool()>& holds) {
  while (!holds()) std::this_thread::yield();
}

/// One that waits for ever for who waited for a part.
Archive::Options options_with(std::size_t max_bytes, milliseconds retry = std::chrono::seconds(1)) {
  Archive::Options options;
  options.max_bytes = max_bytes;
  options.retry = retry;
  options.patience = std::chrono::hours(1);
  return options;
}

TEST_CASE("A part that is at hand is found, and not read again", "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  CHECK_FALSE(log.archive.find(log.log.view(), 200));
  log.view_of(200);
  CHECK(log.archive.find(log.log.view(), 200));
  CHECK(log.archive.find(log.log.view(), log.log.view().part_of(200).last));
  CHECK_FALSE(log.archive.find(log.log.view(), log.log.view().part_of(200).last + 1));
  const PartRange part = log.log.view().part_of(200);
  CHECK(log.journal.reads() == std::vector<KeepingJournal::Read>{{part.first, part.last}});
  const ArchiveCounts counts = log.archive.counts();
  CHECK(counts.reads == 1);
  CHECK(counts.misses == 3);
  CHECK(counts.hits == 3);
  CHECK(counts.failed_reads == 0);
  CHECK(counts.bytes_read > log.log.view().bytes_behind({0, 0}) / 100);
  CHECK(counts.cached_bytes > 0);
}

TEST_CASE("Loads of one part are one read, and all are told", "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  log.journal.hold();
  Loaded one;
  Loaded two;
  Loaded three;
  log.archive.load(log.log.view(), 200, one.done());
  log.archive.load(log.log.view(), 201, two.done());
  log.journal.wait_for_held(1);
  log.archive.load(log.log.view(), 200, three.done());
  CHECK(log.archive.counts().waiting_loads == 1);
  CHECK_FALSE(one.is_done());
  log.journal.answer();
  one.wait();
  two.wait();
  three.wait();
  CHECK(log.journal.reads().size() == 1);
  // It is at hand: told all the same, and not read.
  Loaded again;
  log.archive.load(log.log.view(), 200, again.done());
  again.wait();
  CHECK(log.journal.reads().size() == 1);
}

TEST_CASE("Parts are read in the order in which they were asked for, two at a time",
          "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  log.journal.hold();
  const View view = log.log.view();
  const std::vector<wire::Sequence> order = {900, 100, 500, 300, 700};
  std::vector<Loaded> loads(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    log.archive.load(view, order[i], loads[i].done());
  }
  CHECK(log.archive.counts().waiting_loads == 5);
  for (std::size_t i = 0; i < order.size(); ++i) {
    log.journal.wait_for_held(std::min<std::size_t>(2, order.size() - i));
    CHECK(log.journal.held() <= 2);
    CHECK(log.journal.reads().at(i).first == view.part_of(order[i]).first);
    log.journal.answer();
    loads[i].wait();
    CHECK(log.archive.find(view, order[i]));
  }
}

TEST_CASE("Of a part that the tail is in, only what is kept is read", "[log][archive]") {
  ArchivedLog log(ArchivedLog::in_little_memory(), 300);
  log.add_many(2000);
  log.journal.drop_before(450);
  const View view = log.log.view();
  REQUIRE(view.part_of(view.tail()).first < view.tail());
  const View part = log.view_of(view.tail());
  CHECK(part.tail() == view.tail());
  CHECK(log.journal.reads().front().first == view.tail());
  // A copy from before the tail moved holds it as well.
  log.journal.drop_before(500);
  REQUIRE(log.log.view().tail() > view.tail());
  CHECK(log.archive.find(log.log.view(), log.log.view().tail())->tail() == log.log.view().tail());
  CHECK(log.journal.reads().size() == 1);
}

TEST_CASE("A part that went on since it was read is read again, as far as memory needs it",
          "[log][archive]") {
  ArchivedLog log(ArchivedLog::in_little_memory(), 1'000'000);
  log.add_many(1500);
  const wire::Sequence held = log.log.view().first_held();
  const View part = log.view_of(1);
  CHECK(part.head() == held - 1);
  log.add_many(100);
  REQUIRE(log.log.view().first_held() > held);
  REQUIRE(log.log.view().first_held() <= 1501);
  CHECK(log.archive.find(log.log.view(), 1)->head() == log.log.view().first_held() - 1);
  log.add_many(1000);
  REQUIRE(log.log.view().first_held() > 1502);
  CHECK_FALSE(log.archive.find(log.log.view(), 1));
  CHECK(log.view_of(1).head() == log.log.view().first_held() - 1);
  CHECK(log.journal.reads().size() == 2);
  CHECK(part.head() == held - 1);
}

TEST_CASE("What the journal has deleted is told at once", "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  log.journal.hold();
  const View view = log.log.view();
  Loaded loaded;
  log.archive.load(view, 100, loaded.done());
  log.journal.wait_for_held(1);
  log.journal.drop_before(400);
  log.journal.answer();
  loaded.wait();
  CHECK_FALSE(log.log.view().is_archived(100));
  CHECK(log.archive.counts().failed_reads == 0);
  until([&] { return log.archive.counts().waiting_loads == 0; });
}

TEST_CASE("What asks again for what the journal refuses does not ask all the time",
          "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  log.journal.fail_reads(Error{ErrorCode::kUnavailable, "stopped"});
  Archive archive(log.journal, options_with(1U << 20U, std::chrono::hours(1)));
  REQUIRE(archive.start());
  Loaded first;
  archive.load(log.log.view(), 100, first.done());
  first.wait();
  Loaded second;
  Loaded other;
  archive.load(log.log.view(), 100, second.done());
  archive.load(log.log.view(), 500, other.done());
  other.wait();
  CHECK_FALSE(second.is_done());
  CHECK(log.journal.reads().size() == 2);
}

/// With an archive that tries again soon.
struct Retrying : ArchivedLog {
  Retrying() {
    add_many(2000);
    REQUIRE(impatient.start());
  }
  Archive impatient{journal, options_with(1U << 20U, milliseconds(1))};
};

TEST_CASE("A read that fails is tried again until it succeeds, and its loads wait",
          "[log][archive]") {
  Retrying log;
  log.journal.hold();
  log.journal.fail_reads(Error{ErrorCode::kIo, "the disk says no"});
  Loaded loaded;
  log.impatient.load(log.log.view(), 100, loaded.done());
  for (std::uint64_t failed = 1; failed <= 3; ++failed) {
    log.journal.wait_for_held(1);
    CHECK(log.impatient.counts().failed_reads == failed - 1);
    CHECK_FALSE(loaded.is_done());
    if (failed == 3) log.journal.fail_reads({});
    log.journal.answer();
  }
  loaded.wait();
  CHECK(log.impatient.find(log.log.view(), 100));
  CHECK(log.impatient.counts().failed_reads == 2);
  CHECK(log.impatient.counts().reads == 3);
}

TEST_CASE("A part that is damaged is asked for again", "[log][archive]") {
  Retrying log;
  log.journal.hold();
  log.journal.damage(100);
  Loaded loaded;
  log.impatient.load(log.log.view(), 100, loaded.done());
  log.journal.wait_for_held(1);
  log.journal.answer();
  log.journal.wait_for_held(1);
  CHECK_FALSE(loaded.is_done());
  log.journal.damage(100);
  log.journal.answer();
  loaded.wait();
  CHECK(log.impatient.find(log.log.view(), 100)->event(100).block == log.event(100).block);
}

TEST_CASE("While one part cannot be read, others are", "[log][archive]") {
  Retrying log;
  log.journal.damage(100);
  Loaded damaged;
  Loaded whole;
  log.impatient.load(log.log.view(), 100, damaged.done());
  log.impatient.load(log.log.view(), 500, whole.done());
  whole.wait();
  CHECK_FALSE(damaged.is_done());
  log.journal.damage(100);
  damaged.wait();
}

TEST_CASE("An archive that ends tells all who wait, and none after it", "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  log.journal.hold();
  std::atomic<int> told = 0;
  {
    Archive archive(log.journal, {});
    REQUIRE(archive.start());
    for (const wire::Sequence s : {100U, 100U, 300U, 500U, 700U}) {
      archive.load(log.log.view(), s, [&] { ++told; });
    }
    log.journal.wait_for_held(2);
    CHECK(told == 0);
  }
  CHECK(told == 5);
  log.journal.answer();
  log.journal.answer();
  CHECK(told == 5);
}

TEST_CASE("An archive that was not started tells who waits when it ends", "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  int told = 0;
  {
    Archive archive(log.journal, {});
    archive.load(log.log.view(), 100, [&] { ++told; });
    CHECK(told == 0);
  }
  CHECK(told == 1);
}

TEST_CASE("A log that goes on elsewhere has other parts than it had", "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  const View before = log.log.view();
  log.view_of(100);
  log.log.restart({log.event(1900).id, test::kEpoch + 1});
  // One that still has the old view is not sent anything else.
  CHECK(log.archive.find(before, 100)->event(100).block == log.event(100).block);
  CHECK_FALSE(log.log.view().is_archived(100));
}

TEST_CASE("A part is not taken for that of a view whose epochs it is not of", "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  // As after a fail-over: the journal has other events at the same places.
  KeepingJournal other({test::kEpoch + 1, {}}, log.clock, 64);
  EventLog its_log(ArchivedLog::in_little_memory(), log.clock);
  LogFollower follower(its_log, [] {});
  REQUIRE(other.start(follower));
  for (int i = 0; i < 2000; ++i) {
    Append append(its_log.limits());
    append.add({"", "", std::string(100, 'x')});
    other.append(append, test::kNever);
  }
  Archive archive(other, {});
  REQUIRE(archive.start());
  const View view = log.log.view();
  Loaded loaded;
  archive.load(view, 200, loaded.done());
  loaded.wait();
  CHECK_FALSE(archive.find(view, 200));
  CHECK(archive.find(its_log.view(), 200));
}

TEST_CASE("In a cache of one part, all who wait for different ones get on", "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  Archive archive(log.journal, options_with(1));
  REQUIRE(archive.start());
  const View view = log.log.view();
  for (wire::Sequence sequence = 1; sequence < 1100; sequence += 300) {
    std::vector<Loaded> loads(3);
    for (std::size_t i = 0; i < loads.size(); ++i) {
      archive.load(view, sequence + 100 * i, loads[i].done());
    }
    for (std::size_t i = 0; i < loads.size(); ++i) {
      loads[i].wait();
      for (int turn = 0; turn < 1000; ++turn) std::this_thread::yield();  // a chance to go wrong
      if (i + 1 < loads.size()) CHECK_FALSE(loads[i + 1].is_done());
      CHECK(archive.find(view, sequence + 100 * i));
    }
  }
}

TEST_CASE("A part that is at hand already stays for who waits for it", "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  Archive archive(log.journal, options_with(1));
  REQUIRE(archive.start());
  const View view = log.log.view();
  Loaded first;
  archive.load(view, 100, first.done());
  first.wait();
  CHECK(archive.find(view, 100));
  Loaded again;
  Loaded other;
  archive.load(view, 100, again.done());
  archive.load(view, 500, other.done());
  again.wait();
  CHECK(archive.find(view, 100));
  other.wait();
  CHECK(archive.find(view, 500));
}

TEST_CASE("A part that no reader comes for makes way for others", "[log][archive]") {
  ArchivedLog log;
  log.add_many(2000);
  Archive::Options options = options_with(1);
  options.patience = milliseconds(1);
  Archive archive(log.journal, options);
  REQUIRE(archive.start());
  Loaded one;
  Loaded other;
  archive.load(log.log.view(), 100, one.done());
  archive.load(log.log.view(), 500, other.done());
  other.wait();
  CHECK(one.is_done());
}

}  // namespace
}  // namespace sse::log
