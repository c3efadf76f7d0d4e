// A full disk: what it costs, and that it is not for good.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "journal/disk_stage.h"
#include "journal/life.h"
#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"
#include "support/recording_vfs.h"

namespace sse::test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("A full disk costs the oldest events, and the hub goes on by itself",
          "[journal][fault]") {
  auto options = small_options();
  options.journal.reserve = 1'000'000;
  DiskStage stage(options);
  REQUIRE(stage.life.reserve_size() == 1'000'000);
  stage.publish_rounds(60, 3, std::string(2000, 'x'));
  // As much as there is now, the reserve among it.
  stage.disk.set_room(
      [&, room = stage.disk.used() + 1'000'000] { return room - stage.life.reserve_size(); });
  stage.publish_rounds(200, 3, std::string(2000, 'x'));
  CHECK(stage.life.failures().empty());
  CHECK(stage.life.journal().state() == log::JournalState::kReady);
  CHECK(stage.life.journal().counts()->of(log::JournalFailure::kFull) > 0);
  const auto refused = stage.life.refused();
  CHECK(refused < 10);
  CHECK(stage.life.reserve_size() == 0);
  stage.disk.set_room({});
  stage.publish(1, "there is room");
  CHECK(stage.life.refused() == refused);
  NextLife again(stage);
  CHECK(again.life.loaded().damage.empty());
  check_same(again.life, stage.life, true);
  CHECK(again.life.events().size() > 50);
}

TEST_CASE("Without a reserve a full disk costs the oldest events, too", "[journal][fault]") {
  DiskStage stage;
  REQUIRE(stage.life.reserve_size() == 0);
  stage.publish_rounds(60, 3, std::string(2000, 'x'));
  stage.disk.set_room([room = stage.disk.used()] { return room; });  // not a block is left
  stage.publish_rounds(200, 3, std::string(2000, 'x'));
  CHECK(stage.life.failures().empty());
  CHECK(stage.life.journal().state() == log::JournalState::kReady);
  CHECK(stage.life.refused() < 10);
  CHECK(stage.life.journal().counts()->disk_bytes < 60 * 3 * 2200);
  stage.disk.set_room({});
  stage.clock.advance(11s);
  stage.publish_rounds(100, 3, std::string(2000, 'x'));
  CHECK(stage.life.journal().counts()->disk_bytes > 90 * 3 * 2000);  // the log may grow again
  NextLife again(stage);
  CHECK(again.life.loaded().damage.empty());
  check_same(again.life, stage.life, true);
}

TEST_CASE("A full disk on which one more operation fails is not full for good",
          "[journal][fault]") {
  for (std::size_t later = 0; later < 60; ++later) {
    CAPTURE(later);
    DiskStage stage;
    stage.publish_rounds(60, 3, std::string(2000, 'x'));
    stage.disk.set_room([room = stage.disk.used()] { return room; });
    stage.disk.fail(stage.disk.attempts() + later, DiskFault::kNoSpace);
    stage.publish_rounds(30, 3, std::string(2000, 'x'));
    if (stage.life.journal().state() == log::JournalState::kFailed) continue;  // it was a sync
    CHECK(stage.life.refused() <= 3);
  }
}

TEST_CASE("On a full disk a commit that then works costs what it replaces, another one an eighth",
          "[journal][fault]") {
  auto options = small_options();
  options.journal.reserve = 2'000'000;
  options.journal.checkpoint_pages = options.journal.most_wal_pages = 10'000;
  DiskStage stage(options);
  stage.publish_rounds(400, 3, std::string(1000, 'x'));
  stage.disk.set_room([&, room = stage.disk.used() + 2'000'000 + 100'000] {
    return room - stage.life.reserve_size();
  });
  std::size_t left_at_least = 0;
  SECTION("it works") {
    stage.publish(1, std::string(200'000, 'x'));
    CHECK(stage.life.refused() == 0);
    left_at_least = 1200 - 200;
  }
  SECTION("it never does") {
    for (int round = 0; round < 40; ++round) {
      stage.publish(8, std::string(900'000, 'x'));
      stage.clock.advance(11s);
    }
    CHECK(stage.life.refused() == 320);
    left_at_least = 1200 - 160;
  }
  NextLife again(stage, options);
  CHECK(again.life.events().size() >= left_at_least);
}

TEST_CASE("A disk that is full of others' bytes refuses events, and takes them when there is room",
          "[journal][fault]") {
  DiskStage stage;
  stage.publish(1, "first");
  stage.disk.set_room([] { return std::uint64_t{0}; });
  stage.publish_rounds(40, 1, std::string(9000, 'x'));
  CHECK(stage.life.refused() > 20);
  CHECK(stage.life.failures().empty());
  const auto appended = stage.life.appended();
  stage.disk.set_room({});
  stage.publish(1, "there is room");
  CHECK(stage.life.appended() == appended + 1);
}

/// What a life of 180 events without a reserve leaves.
struct Left {
  DiskFiles files;
  std::optional<std::string> head;

  enum class End { kStopped, kKilled };
  Left(const Clock& clock, RandomSource& random, End end) {
    RecordingVfs disk;
    {
      Life life(disk, clock, random, small_options());
      REQUIRE(life.start());
      for (int round = 0; round < 60; ++round) {
        ask_for_events(life, 3, std::string(2000, 'x'));
        life.wait();
      }
      if (end == End::kKilled) files = disk.files();
      head = life.head();
    }
    if (end == End::kStopped) files = disk.files();
  }
};

TEST_CASE("A start on a disk without a free byte reads all, or says what to do",
          "[journal][fault]") {
  ManualClock clock;
  FixedRandom random(1);
  SECTION("after a kill it works: the write-ahead log has its room") {
    const Left left(clock, random, Left::End::kKilled);
    RecordingVfs disk(left.files);
    disk.set_room([room = disk.used()] { return room; });
    Life life(disk, clock, random, small_options(), left.head);
    REQUIRE(life.start());
    CHECK(life.loaded().new_epoch.empty());
    CHECK(life.events().size() == 180);
  }
  SECTION("after a stop it depends on what is left of the write-ahead log") {
    const Left left(clock, random, Left::End::kStopped);
    RecordingVfs disk(left.files);
    disk.set_room([room = disk.used()] { return room; });
    {
      Life life(disk, clock, random, small_options(), left.head);
      if (const auto started = life.start()) {
        CHECK(life.events().size() == 180);
        return;
      } else {
        CHECK(started.error().code == ErrorCode::kFull);
        CHECK(started.error().text.find("free space") != std::string::npos);
      }
    }
    disk.set_room({});
    Life life(disk, clock, random, small_options(), left.head);
    REQUIRE(life.start());
    CHECK(life.loaded().damage.empty());
    CHECK(life.loaded().new_epoch.empty());
    CHECK(life.events().size() == 180);
  }
}

TEST_CASE("Starts and stops on a full disk delete nothing, however often", "[journal][fault]") {
  constexpr std::uint64_t kBlock = 4096;
  ManualClock clock;
  FixedRandom random(1);
  const auto end = GENERATE(Left::End::kStopped, Left::End::kKilled);
  const bool stops = GENERATE(true, false);
  const Left left(clock, random, end);
  for (std::uint64_t blocks = 0; blocks < 12; ++blocks) {
    const auto room = [bytes = RecordingVfs(left.files).used() + blocks * kBlock] { return bytes; };
    DiskFiles files = left.files;
    auto head = left.head;
    for (int start = 0; start < 6; ++start) {
      CAPTURE(end == Left::End::kStopped, stops, blocks, start);
      RecordingVfs disk(files);
      disk.set_room(room);
      {
        Life life(disk, clock, random, small_options(), head);
        const auto started = life.start();
        CHECK((started ? ErrorCode::kFull : started.error().code) == ErrorCode::kFull);
        if (started) CHECK(life.events().size() == 180);
        if (stops) life.stop();
        files = disk.files();
        head = life.head();
      }
      if (stops) files = disk.files();
    }
    RecordingVfs disk(files);
    Life life(disk, clock, random, small_options(), head);
    REQUIRE(life.start());
    CHECK(life.loaded().damage.empty());
    CHECK(life.loaded().new_epoch.empty());
    CHECK(life.events().size() == 180);
  }
}

}  // namespace
}  // namespace sse::test
