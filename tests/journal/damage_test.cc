// A disk that returns other bytes than were written. What was told is there, or its loss is said
// and the next id is of a new epoch; and no id is ever told of two events.

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

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

int places_asked_for() {
  const char* const text = std::getenv("SSE_DAMAGED_PLACES");
  return text == nullptr ? 1000 : std::atoi(text);
}

/// What a hub leaves. Killed: a database, and a write-ahead log with the newest commits. Stopped:
/// all in the database.
struct Left {
  Life::Options options;
  Past past;
  DiskFiles files;
  std::optional<std::string> head;
  RowModel rows;
};

enum class End { kKilled, kStopped };

Left left_by(End end, ManualClock& clock, const Life::Options& options = small_options()) {
  FixedRandom random(5);
  RecordingVfs disk;
  Left left;
  {
    Life life(disk, clock, random, options);
    REQUIRE(life.start());
    Player player(5, 0);
    for (int round = 0; round < 60; ++round) {
      player.play(life);
      life.wait();
      clock.advance(700ms);
    }
    // The newest commit is in the write-ahead log alone.
    std::size_t moved = 0;
    do {
      life.wait_for_idle();
      moved = disk.writes_to("log.db");
      player.play(life);
      life.wait();
      life.wait_for_idle();
    } while (disk.writes_to("log.db") != moved);
    REQUIRE(life.failures().empty());
    left = {options, past_of(life, disk), disk.files(), life.head(), life.rows()};
    if (end == End::kStopped) life.stop();
  }
  if (end == End::kStopped) left.files = disk.files();
  return left;
}

enum class Seen { kRefused, kTold, kHarmless };

/// Starts on damaged files.
Seen start_on(const Left& left, const DiskFiles& files, ManualClock& clock, std::uint64_t seed) {
  FixedRandom random(100 + seed);
  RecordingVfs disk(files);
  Life life(disk, clock, random, left.options, left.head);
  const auto started = life.start();
  if (!started) {
    CHECK(started.error().code != ErrorCode::kNotFound);
    CHECK_FALSE(started.error().text.empty());
    return Seen::kRefused;
  }
  const auto loaded = life.events();
  const bool is_told = !life.loaded().damage.empty() || !life.loaded().new_epoch.empty();
  const auto& events = left.past.events;
  const bool is_whole = loaded == events && life.rows() == left.rows;
  // Damage of what is not in memory is told when it is read, and takes no ids away.
  const auto damaged = life.journal().counts()->of(log::JournalFailure::kDamaged);
  const bool is_told_later = damaged > life.loaded().damage.size();
  if (!is_told && !is_told_later) REQUIRE(is_whole);
  if (!is_told) CHECK(life.rows() == left.rows);
  if (!loaded.empty()) {
    REQUIRE(loaded.rbegin()->first - loaded.begin()->first + 1 == loaded.size());
  }
  for (const auto& [sequence, event] : loaded) {
    REQUIRE(events.contains(sequence));
    REQUIRE(events.at(sequence) == event);  // lost, perhaps; never another
  }
  Player player(seed, 1'000'000);
  player.play(life);
  player.play(life);
  life.wait();
  const auto old_epoch = events.rbegin()->second.id.epoch();
  for (const auto& [sequence, event] : life.events()) {
    if (loaded.contains(sequence)) continue;
    CHECK((event.id.epoch() != old_epoch) == is_told);
    const auto earlier = events.find(sequence);
    CHECK_FALSE((earlier != events.end() && earlier->second.id == event.id));
  }
  // Damage of what is only written to, as of the list of free pages, is told by the commit.
  if (life.journal().state() == log::JournalState::kFailed) {
    REQUIRE_FALSE(life.failures().empty());
    CHECK(life.failures().front().text.find("malformed") != std::string::npos);
    return Seen::kTold;
  }
  CHECK(life.failures().empty());
  // The next start has what was told now, in its place.
  const bool is_stopped = seed % 2 == 0;
  if (is_stopped) life.stop();
  RecordingVfs healed(disk.files());
  Life again(healed, clock, random, left.options, life.head());
  const auto started_again = again.start();
  if (!started_again) FAIL(started_again.error().text);
  CHECK(again.rows() == life.rows());
  for (const auto& [sequence, event] : life.events()) {
    if (loaded.contains(sequence)) continue;
    REQUIRE(again.events().contains(sequence));
    CHECK(again.events().at(sequence) == event);
  }
  return is_told || is_told_later ? Seen::kTold : Seen::kHarmless;
}

void damage_everywhere(const Left& left, const std::vector<std::string>& names, ManualClock& clock,
                       int places) {
  constexpr std::array kKinds = {Damage::kFlippedBit, Damage::kZeroedSector, Damage::kCutOff};
  std::array<int, 3> seen{};
  for (int i = 0; i < places; ++i) {
    CAPTURE(i);
    const auto seed = static_cast<std::uint64_t>(i);
    const auto number = static_cast<std::size_t>(i);
    DiskFiles files = left.files;
    auto& content = files.at(names[number % names.size()]);
    damage(content, kKinds[number / names.size() % 3], seed);
    ++seen[static_cast<std::size_t>(start_on(left, files, clock, seed))];
  }
  CAPTURE(seen[0], seen[1], seen[2]);
  for (const int count : seen) CHECK(count > places / 50);
}

TEST_CASE("Damage at any place of database and write-ahead log is told, or harmless",
          "[journal][damage]") {
  ManualClock clock;
  const Left left = left_by(End::kKilled, clock);
  REQUIRE(left.files.size() == 2);
  REQUIRE(left.files.at("log.db").size() > 20'000);
  REQUIRE(left.files.at("log.db-wal").size() > 20'000);
  damage_everywhere(left, {"log.db", "log.db-wal"}, clock, places_asked_for());
}

TEST_CASE("Damage at any place of what a hub that was stopped leaves is told, or harmless",
          "[journal][damage]") {
  ManualClock clock;
  const Left left = left_by(End::kStopped, clock);
  REQUIRE(left.files.at("log.db-wal").empty());
  damage_everywhere(left, {"log.db"}, clock, places_asked_for());
}

TEST_CASE("Damage at any place of a history that is longer than memory is told, or harmless",
          "[journal][damage]") {
  ManualClock clock;
  auto options = small_options();
  options.log.memory_bytes = std::uint64_t{16} << 10U;
  const Left left = left_by(End::kStopped, clock, options);
  damage_everywhere(left, {"log.db"}, clock, places_asked_for());
}

TEST_CASE("Where keys of the newest page are lost the log goes on after what is left of it",
          "[journal][damage]") {
  ManualClock clock;
  const Left left = left_by(End::kStopped, clock);
  // A page of the newest chunks: its first sector has where its rows begin.
  const auto& newest = left.past.events.rbegin()->second.text;
  const auto page = left.files.at("log.db").rfind(newest) / 4096;
  for (std::size_t sector = 0; sector < 8; ++sector) {
    CAPTURE(page, sector);
    DiskFiles files = left.files;
    files.at("log.db").replace(page * 4096 + sector * 512, 512, 512, '\0');
    start_on(left, files, clock, sector);
  }
}

TEST_CASE("A database or a write-ahead log that is gone is told", "[journal][damage]") {
  ManualClock clock;
  const Left left = left_by(End::kKilled, clock);
  for (const auto* name : {"log.db", "log.db-wal"}) {
    CAPTURE(name);
    DiskFiles files = left.files;
    files.erase(name);
    CHECK(start_on(left, files, clock, 1) != Seen::kHarmless);
  }
  CHECK(start_on(left, {}, clock, 1) == Seen::kTold);  // the file `head` is still there
}

TEST_CASE("An older copy of the directory's database is told", "[journal][damage]") {
  ManualClock clock;
  FixedRandom random(5);
  RecordingVfs disk;
  Life life(disk, clock, random, small_options());
  REQUIRE(life.start());
  Player player(5, 0);
  player.play(life);
  life.wait();
  const DiskFiles older = disk.files();
  for (int round = 0; round < 10; ++round) player.play(life);
  life.wait();
  const Left left{small_options(), past_of(life, disk), disk.files(), life.head(), life.rows()};
  CHECK(start_on(left, older, clock, 1) == Seen::kTold);
}

}  // namespace
}  // namespace sse::test
