// A disk that fails once, at any operation; that is full; that is slow.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <string>

#include "sse/base/mutex.h"

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

/// Events in one append.
void ask_for_events(Life& life, int count, const std::string& data) {
  log::Append append(log::EventLimits{1U << 20U, {}});
  for (int i = 0; i < count; ++i) append.add({"event", "", data});
  life.ask(append, std::vector<Wish>(static_cast<std::size_t>(count)));
}

/// Holds the events and rows of a start against what an earlier life was told. A full disk may have
/// taken the oldest events.
void check_same(const Life& again, const Life& before, bool may_lack_oldest) {
  const auto promised = before.events().empty() ? 0 : before.events().rbegin()->first;
  const auto& events = again.events();
  const auto head = events.empty() ? 0 : events.rbegin()->first;
  REQUIRE(head >= promised);
  const auto tail = events.empty() ? 1 : events.begin()->first;
  if (!may_lack_oldest) REQUIRE(tail == 1);
  for (const auto& [sequence, event] : before.events()) {
    if (sequence < tail && sequence != promised) continue;
    REQUIRE(events.contains(sequence));
    REQUIRE(events.at(sequence) == event);
  }
  // What was refused may be there after a failed sync, at most: not known is not refused.
  if (head == promised) CHECK(again.rows() == before.rows());
}

/// A life on a disk that fails at one operation. Whether it came so far.
bool live_with_fault(std::size_t attempt, DiskFault fault) {
  ManualClock clock;
  FixedRandom random(1);
  RecordingVfs disk;
  disk.fail(attempt, fault);
  DiskFiles files;
  std::optional<std::string> head;
  auto options = small_options();
  Life life(disk, clock, random, options);
  bool has_failed_at_start = false;
  if (!life.start()) {
    has_failed_at_start = true;
  } else {
    Player player(7, 0);
    for (int round = 0; round < 12; ++round) {
      player.play(life);
      life.wait();
      clock.advance(700ms);
    }
  }
  const bool has_met_it = disk.attempts() > attempt;
  files = disk.files();
  head = life.head();
  const bool is_final =
      !has_failed_at_start && life.journal().state() == log::JournalState::kFailed;
  // One failed write is not the end; a failed sync is, since nobody knows what it has kept.
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
  CHECK(attempt > 100);
}

TEST_CASE("After a failed write the next append is kept", "[journal][fault]") {
  ManualClock clock;
  FixedRandom random(1);
  RecordingVfs disk;
  Life life(disk, clock, random, small_options());
  REQUIRE(life.start());
  ask_for_events(life, 1, "kept");
  life.wait();
  disk.fail(disk.attempts(), DiskFault::kIo);
  ask_for_events(life, 1, "not kept");
  life.wait();
  REQUIRE(life.failures().size() == 1);
  CHECK(life.failures().front().code == ErrorCode::kIo);
  CHECK(life.journal().state() == log::JournalState::kReady);
  ask_for_events(life, 1, "kept again");
  life.wait();
  CHECK(life.appended() == 2);
  CHECK(life.events().rbegin()->first == 2);
}

TEST_CASE("After a failed sync nothing more is taken, and nothing more is synced",
          "[journal][fault]") {
  ManualClock clock;
  FixedRandom random(1);
  RecordingVfs disk;
  Life life(disk, clock, random, small_options());
  REQUIRE(life.start());
  ask_for_events(life, 1, "kept");
  life.wait();
  disk.fail_next_sync();
  ask_for_events(life, 1, "not known");
  life.wait();
  REQUIRE(life.failures().size() == 1);
  CHECK(life.failures().front().code == ErrorCode::kUnknown);
  CHECK(life.journal().state() == log::JournalState::kFailed);
  CHECK(life.events().rbegin()->first == 1);
  const auto syncs = disk.syncs();
  const auto operations = disk.position();
  ask_for_events(life, 1, "refused");
  life.wait();
  life.stop();
  CHECK(life.refused() == 1);
  CHECK(disk.syncs() == syncs);
  CHECK(disk.position() == operations);
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

TEST_CASE("A full disk costs the oldest events, and the hub goes on by itself",
          "[journal][fault]") {
  ManualClock clock;
  FixedRandom random(1);
  RecordingVfs disk;
  auto options = small_options();
  options.journal.reserve = 1'000'000;
  Life life(disk, clock, random, options);
  REQUIRE(life.start());
  REQUIRE(life.reserve_size() == 1'000'000);
  for (int round = 0; round < 60; ++round) {
    ask_for_events(life, 3, std::string(2000, 'x'));
    life.wait();
  }
  // As much as there is now, the reserve among it.
  disk.set_room([&, room = disk.used() + 1'000'000] { return room - life.reserve_size(); });
  for (int round = 0; round < 200; ++round) {
    ask_for_events(life, 3, std::string(2000, 'x'));
    life.wait();
  }
  CHECK(life.failures().empty());
  CHECK(life.journal().state() == log::JournalState::kReady);
  CHECK(life.journal().counts()->of(log::JournalFailure::kFull) > 0);
  const auto refused = life.refused();
  CHECK(refused < 10);
  CHECK(life.reserve_size() == 0);
  disk.set_room({});
  ask_for_events(life, 1, "there is room");
  life.wait();
  CHECK(life.refused() == refused);
  RecordingVfs left(disk.files());
  Life again(left, clock, random, small_options(), life.head());
  REQUIRE(again.start());
  CHECK(again.loaded().damage.empty());
  check_same(again, life, true);
  CHECK(again.events().size() > 50);
}

TEST_CASE("On a full disk a commit that then works costs what it replaces, another one an eighth",
          "[journal][fault]") {
  ManualClock clock;
  FixedRandom random(1);
  RecordingVfs disk;
  auto options = small_options();
  options.journal.reserve = 2'000'000;
  options.journal.checkpoint_pages = options.journal.most_wal_pages = 10'000;
  Life life(disk, clock, random, options);
  REQUIRE(life.start());
  for (int round = 0; round < 400; ++round) {
    ask_for_events(life, 3, std::string(1000, 'x'));
    life.wait();
  }
  disk.set_room(
      [&, room = disk.used() + 2'000'000 + 100'000] { return room - life.reserve_size(); });
  std::size_t left_at_least = 0;
  SECTION("it works") {
    ask_for_events(life, 1, std::string(200'000, 'x'));
    life.wait();
    CHECK(life.refused() == 0);
    left_at_least = 1200 - 200;
  }
  SECTION("it never does") {
    for (int round = 0; round < 40; ++round) {
      ask_for_events(life, 8, std::string(900'000, 'x'));
      life.wait();
      clock.advance(11s);
    }
    CHECK(life.refused() == 320);
    left_at_least = 1200 - 160;
  }
  RecordingVfs left(disk.files());
  Life again(left, clock, random, options, life.head());
  REQUIRE(again.start());
  CHECK(again.events().size() >= left_at_least);
}

TEST_CASE("A disk that is full of others' bytes refuses events, and takes them when there is room",
          "[journal][fault]") {
  ManualClock clock;
  FixedRandom random(1);
  RecordingVfs disk;
  Life life(disk, clock, random, small_options());
  REQUIRE(life.start());
  ask_for_events(life, 1, "first");
  life.wait();
  disk.set_room([] { return std::uint64_t{0}; });
  for (int round = 0; round < 40; ++round) {
    ask_for_events(life, 1, std::string(9000, 'x'));
    life.wait();
  }
  CHECK(life.refused() > 20);
  CHECK(life.failures().empty());
  const auto appended = life.appended();
  disk.set_room({});
  ask_for_events(life, 1, "there is room");
  life.wait();
  CHECK(life.appended() == appended + 1);
}

}  // namespace
}  // namespace sse::test
