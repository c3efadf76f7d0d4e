// A disk that returns other bytes than were written. What was told is there, or its loss is said
// and the next id is of a new epoch; and no id is ever told of two events.

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

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

/// What a killed hub leaves: a database, and a write-ahead log with the newest commits.
struct Left {
  Past past;
  DiskFiles files;
  std::optional<std::string> head;
  RowModel rows;
};

Left killed(ManualClock& clock) {
  FixedRandom random(5);
  RecordingVfs disk;
  Life life(disk, clock, random, small_options());
  REQUIRE(life.start());
  Player player(5, 0);
  for (int round = 0; round < 60; ++round) {
    player.play(life);
    life.wait();
    clock.advance(700ms);
  }
  REQUIRE(life.failures().empty());
  return {past_of(life, disk), disk.files(), life.head(), life.rows()};
}

enum class Seen { kRefused, kTold, kHarmless };

/// Starts on damaged files.
Seen start_on(const Left& left, const DiskFiles& files, ManualClock& clock, std::uint64_t seed) {
  FixedRandom random(100 + seed);
  RecordingVfs disk(files);
  Life life(disk, clock, random, small_options(), left.head);
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
  if (!is_told) REQUIRE(is_whole);
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
  CHECK(life.failures().empty());
  return is_told ? Seen::kTold : Seen::kHarmless;
}

TEST_CASE("Damage at any place of database and write-ahead log is told, or harmless",
          "[journal][damage]") {
  ManualClock clock;
  const Left left = killed(clock);
  REQUIRE(left.files.size() == 2);
  REQUIRE(left.files.at("log.db").size() > 20'000);
  REQUIRE(left.files.at("log.db-wal").size() > 20'000);
  constexpr std::array kKinds = {Damage::kFlippedBit, Damage::kZeroedSector, Damage::kCutOff};
  std::array<int, 3> seen{};
  const int places = places_asked_for();
  for (int i = 0; i < places; ++i) {
    CAPTURE(i);
    const auto seed = static_cast<std::uint64_t>(i);
    DiskFiles files = left.files;
    auto& content = files.at(i % 2 == 0 ? "log.db" : "log.db-wal");
    damage(content, kKinds[static_cast<std::size_t>(i / 2 % 3)], seed);
    ++seen[static_cast<std::size_t>(start_on(left, files, clock, seed))];
  }
  CAPTURE(seen[0], seen[1], seen[2]);
  for (const int count : seen) CHECK(count > places / 50);
}

TEST_CASE("A database or a write-ahead log that is gone is told", "[journal][damage]") {
  ManualClock clock;
  const Left left = killed(clock);
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
  const Left left{past_of(life, disk), disk.files(), life.head(), life.rows()};
  CHECK(start_on(left, older, clock, 1) == Seen::kTold);
}

}  // namespace
}  // namespace sse::test
