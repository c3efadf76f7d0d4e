// A disk that fails once, at any operation.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <numeric>
#include <string>

#include "sse/base/mutex.h"

#include "journal/disk_stage.h"
#include "journal/life.h"
#include "journal/play.h"
#include "support/catch.h"
#include "support/disk_recording.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"
#include "support/recording_vfs.h"

namespace sse::test {
namespace {

using namespace std::chrono_literals;

/// A life on a disk that fails at one operation. Whether it came so far.
bool live_with_fault(std::size_t attempt, DiskFault fault) {
  ManualClock clock;
  FixedRandom random(1);
  RecordingVfs disk;
  disk.fail(attempt, fault);
  DiskFiles files;
  std::optional<std::string> head;
  auto options = small_options();
  options.log.memory_bytes = std::uint64_t{8} << 10U;  // parts of 1 KiB, and most are not in memory
  Life life(disk, clock, random, options);
  bool has_failed_at_start = false;
  if (!life.start()) {
    has_failed_at_start = true;
  } else {
    Player player(7, 0);
    for (int round = 0; round < 12; ++round) {
      player.play(life);
      life.wait();
      if (round % 4 == 3) static_cast<void>(life.read(1, 3));
      clock.advance(700ms);
    }
  }
  const bool has_met_it = disk.attempts() > attempt;
  files = disk.files();
  head = life.head();
  const bool is_final =
      !has_failed_at_start && life.journal().state() == log::JournalState::kFailed;
  // One failed write is not the end; a failed sync is, since it is unknown what it has kept.
  const bool is_unsure =
      !life.failures().empty() && life.failures().back().code == ErrorCode::kUnknown;
  CHECK((!is_unsure || is_final));

  RecordingVfs healed(files);
  Life again(healed, clock, random, options, head);
  REQUIRE(again.start());
  CHECK(again.loaded().damage.empty());
  check_same(again, life, fault != DiskFault::kIo);
  ask_for_events(again, 1, "after it");
  again.wait();
  CHECK(again.appended() == 1);
  return has_met_it;
}

TEST_CASE("A disk that fails once, at any operation, loses nothing that was said",
          "[journal][fault]") {
  const auto fault = GENERATE(DiskFault::kIo, DiskFault::kNoSpace, DiskFault::kShortWrite);
  CAPTURE(static_cast<int>(fault));
  std::size_t attempt = 0;
  while (true) {
    CAPTURE(attempt);
    if (!live_with_fault(attempt, fault)) break;
    ++attempt;
  }
  CHECK(attempt > 40);
}

TEST_CASE("After a failed write the next append is kept", "[journal][fault]") {
  DiskStage stage;
  stage.publish(1, "kept");
  stage.disk.fail(stage.disk.attempts(), DiskFault::kIo);
  stage.publish(1, "not kept");
  REQUIRE(stage.life.failures().size() == 1);
  CHECK(stage.life.failures().front().code == ErrorCode::kIo);
  CHECK(stage.life.journal().state() == log::JournalState::kReady);
  stage.publish(1, "kept again");
  CHECK(stage.life.appended() == 2);
  const auto counts = *stage.life.journal().counts();
  CHECK(counts.commits == 2);
  CHECK(counts.failed_commits == 1);
  CHECK(counts.events == 2);
  const auto& times = counts.commit_times.buckets;
  CHECK(std::accumulate(times.begin(), times.end(), std::uint64_t{0}) == 2);
  CHECK(stage.life.events().rbegin()->first == 2);
}

TEST_CASE("Commits that fail leave the write-ahead log as long as it was", "[journal][fault]") {
  auto options = small_options();
  options.journal.reserve = std::uint64_t{4} << 20U;  // no commit claims its room in the file
  DiskStage stage(options);
  stage.publish(1, "kept");
  // At each write of a commit, the first and others.
  constexpr std::size_t kWrites = 4;
  const auto fail_some = [&] {
    for (std::size_t later = 0; later < kWrites; ++later) {
      stage.disk.fail(stage.disk.attempts() + later, DiskFault::kIo);
      stage.publish(2, std::string(240'000, 'x'));
    }
  };
  fail_some();
  const auto size = stage.disk.files().at("log.db-wal").size();
  for (int i = 0; i < 20; ++i) fail_some();
  CHECK(stage.life.journal().state() == log::JournalState::kReady);
  CHECK(stage.life.appended() == 1);
  CHECK(stage.life.failures().size() == 2 * 21 * kWrites);
  CHECK(stage.disk.files().at("log.db-wal").size() == size);
}

TEST_CASE("A write-ahead log that cannot be moved has an end, and so has the trouble",
          "[journal][fault]") {
  auto options = small_options();
  options.journal.reserve = std::uint64_t{4} << 20U;
  DiskStage stage(options);
  stage.disk.fail_writes_to("log.db");
  stage.publish_rounds(400, 1, std::string(9000, 'x'));
  constexpr std::size_t kFrame = 4096 + 24;
  CHECK(stage.disk.files().at("log.db-wal").size() <= 2 * 200 * kFrame + 10 * kFrame);
  CHECK(stage.life.appended() > 50);
  REQUIRE(stage.life.failures().size() > 200);
  CHECK(stage.life.failures().back().code == ErrorCode::kIo);
  CHECK(stage.life.journal().state() == log::JournalState::kReady);
  stage.disk.fail_writes_to("");
  const auto appended = stage.life.appended();
  stage.publish(1, "after it");
  CHECK(stage.life.appended() == appended + 1);
}

TEST_CASE("After a failed sync nothing more is taken, and nothing more is synced",
          "[journal][fault]") {
  DiskStage stage;
  stage.publish(1, "kept");
  stage.disk.fail_next_sync();
  stage.publish(1, "not known");
  REQUIRE(stage.life.failures().size() == 1);
  CHECK(stage.life.failures().front().code == ErrorCode::kUnknown);
  CHECK(stage.life.journal().state() == log::JournalState::kFailed);
  CHECK(stage.life.events().rbegin()->first == 1);
  const auto syncs = stage.disk.syncs();
  const auto operations = stage.disk.position();
  stage.publish(1, "refused");
  stage.life.stop();
  CHECK(stage.life.refused() == 1);
  CHECK(stage.disk.syncs() == syncs);
  CHECK(stage.disk.position() == operations);
}

TEST_CASE("What is told after a failed sync and a new start survives a power cut",
          "[journal][fault][power_cut]") {
  ManualClock clock;
  FixedRandom random(1);
  RecordingVfs disk;  // the machine goes on: what it has not written it believes to be written
  std::optional<std::string> head;
  {
    Life life(disk, clock, random, small_options());
    REQUIRE(life.start());
    ask_for_events(life, 1, "kept");
    life.wait();
    disk.fail_next_sync();
    ask_for_events(life, 1, std::string(9000, 'x'));
    life.wait();
    REQUIRE(life.journal().state() == log::JournalState::kFailed);
    head = life.head();
  }
  const auto begin = disk.position();
  Life life(disk, clock, random, small_options(), head);
  REQUIRE(life.start());
  for (int i = 0; i < 5; ++i) {
    ask_for_events(life, 1, "after it");
    life.wait();
  }
  REQUIRE(life.appended() == 5);
  const Past past = past_of(life, disk);
  PowerCut power(past.before, past.operations);
  for (auto cut = begin; cut <= past.operations.size(); ++cut) {
    power.advance(cut);
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      CAPTURE(cut, seed);
      RecordingVfs left(power.image(seed));
      Life again(left, clock, random, small_options());
      REQUIRE(again.start());
      CHECK(again.loaded().damage.empty());
      const auto& events = again.events();
      REQUIRE(events.size() >= std::max<std::size_t>(1, past.promised(cut)));
      for (const auto& [sequence, event] : events) {
        if (sequence <= past.promised(cut)) REQUIRE(event == past.events.at(sequence));
      }
    }
  }
}

}  // namespace
}  // namespace sse::test
