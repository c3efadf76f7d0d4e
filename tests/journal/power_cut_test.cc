// What a power cut at any moment leaves of a journal: everything that it had said. A thousand
// images here; SSE_POWER_CUTS=10000 asks for more.

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "journal/archive_stage.h"
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

int images_asked_for() {
  const char* const text = std::getenv("SSE_POWER_CUTS");
  return text == nullptr ? 1000 : std::atoi(text);
}

/// Whether writes fail now and then, so that commits are rolled back.
enum class Writes { kWork, kFailAtTimes };

/// A life of some rounds, with time that passes between them.
Past live(std::uint64_t seed, int rounds, const Life::Options& options, ManualClock& clock,
          Writes writes = Writes::kWork) {
  FixedRandom random(seed);
  RecordingVfs disk;
  Life life(disk, clock, random, options);
  life.keep_row_history();
  REQUIRE(life.start());
  Player player(seed, 0);
  for (int round = 0; round < rounds; ++round) {
    if (writes == Writes::kFailAtTimes && round % 5 == 1) disk.fail_next_write();
    player.play(life);
    life.wait_for_all_but(static_cast<std::size_t>(round) % 3);
    if (round % 5 == 4 && options.log.ttl.count() == 0) CHECK(life.read(1, 3));
    clock.advance(700ms);
  }
  life.wait();
  if (seed % 2 == 0) life.stop();
  CHECK(life.failures().empty() == (writes == Writes::kWork));
  for (const Error& failure : life.failures()) CHECK(failure.code == ErrorCode::kIo);
  CHECK(life.refused() == 0);
  CHECK(disk.writes_to("log.db") > 20);  // the write-ahead log was moved, and rows were saved
  return past_of(life, disk);
}

/// Starts again on what is left after a cut of `past`, and holds it against what was promised.
class Rebirth {
 public:
  Rebirth(const Past& past, std::size_t cut, const Life::Options& options, ManualClock& clock)
      : past_(past), cut_(cut), options_(options), clock_(clock) {}

  /// Whether all is there: events, rows, the order. Says what is not. Then it lives on for a
  /// moment, and dies again while it does.
  void check(const DiskFiles& files, std::uint64_t seed) {
    const auto promised = past_.promised(cut_);
    Past next;
    {
      FixedRandom random(1000 + seed);
      RecordingVfs disk(files);
      Life life(disk, clock_, random, options_, past_.head_after(cut_, seed));
      life.keep_row_history();
      const auto started = life.start();
      REQUIRE(started);
      check_kept(life, promised);
      if (seed % 10 == 0 && !life.parts().empty()) check_parts(life, life.events().begin()->first);
      const auto loaded = life.events().size();
      Player player(seed, 1'000'000 + seed * 1000);
      // Long lives give all that was loaded away again, in its order.
      const int rounds = seed % 20 == 0 ? 30 : 2;
      for (int round = 0; round < rounds; ++round) {
        player.play(life);
        clock_.advance(700ms);
      }
      life.wait();
      CHECK(life.failures().empty());
      check_new_ids(life, loaded, promised);
      next = past_of(life, disk);
    }
    if (seed % 4 == 0) die_again(next, promised, seed);
  }

 private:
  void check_kept(const Life& life, wire::Sequence promised) {
    CHECK(life.loaded().damage.empty());
    CHECK(life.loaded().new_epoch.empty());
    const auto& events = life.events();
    const auto head = events.empty() ? life.origin().head.sequence() : events.rbegin()->first;
    REQUIRE(head >= promised);
    REQUIRE(events.size() == (events.empty() ? 0 : head - events.begin()->first + 1));
    for (const auto& [sequence, event] : events) REQUIRE(event == past_.events.at(sequence));
    if (options_.log.ttl.count() == 0 && head > 0) REQUIRE(events.begin()->first == 1);
    const auto rows = past_.rows.find(head);
    CHECK(life.rows() == (rows == past_.rows.end() ? past_.first_rows : rows->second));
  }

  /// What was told before is never told of another event.
  void check_new_ids(const Life& life, std::size_t loaded, wire::Sequence promised) {
    std::size_t index = 0;
    for (const auto& [sequence, event] : life.events()) {
      if (index++ < loaded) continue;
      const auto earlier = past_.events.find(sequence);
      const bool is_told = earlier != past_.events.end() && sequence <= promised;
      CHECK_FALSE((is_told && earlier->second.id == event.id));
    }
  }

  /// Cuts the second life, too: its start and its first commits.
  void die_again(const Past& next, wire::Sequence promised, std::uint64_t seed) {
    PowerCut power(next.before, next.operations);
    const std::size_t end = next.operations.size();
    const std::size_t cut = seed % 20 == 0 ? end : end == 0 ? 0 : seed / 4 % end;
    power.advance(cut);
    FixedRandom random(2000 + seed);
    RecordingVfs disk(power.image(seed));
    Life life(disk, clock_, random, options_, next.head_after(cut, seed));
    REQUIRE(life.start());
    const auto& events = life.events();
    const auto head = events.empty() ? 0 : events.rbegin()->first;
    REQUIRE(head >= std::max(promised, next.promised(cut)));
    for (const auto& [sequence, event] : events) REQUIRE(event == next.events.at(sequence));
    const auto rows = next.rows.find(head);
    CHECK(life.rows() == (rows == next.rows.end() ? next.first_rows : rows->second));
  }

  const Past& past_;
  const std::size_t cut_;
  const Life::Options& options_;
  ManualClock& clock_;
};

void cut_everywhere(const Past& past, int images, const Life::Options& options,
                    ManualClock& clock) {
  PowerCut power(past.before, past.operations);
  for (int i = 0; i < images; ++i) {
    const std::size_t cut =
        past.operations.size() * static_cast<std::size_t>(i + 1) / static_cast<std::size_t>(images);
    const auto seed = static_cast<std::uint64_t>(i);
    CAPTURE(cut, seed);
    power.advance(cut);
    Rebirth(past, cut, options, clock).check(power.image(seed), seed);
  }
}

TEST_CASE("After a power cut at any moment everything that was said is there",
          "[journal][power_cut]") {
  constexpr int kLives = 5;
  for (std::uint64_t seed = 0; seed < kLives; ++seed) {
    CAPTURE(seed);
    ManualClock clock;
    auto options = small_options();
    if (seed == 3) options.log.ttl = 20s;
    if (seed % 2 == 1) options.log.memory_bytes = std::uint64_t{16} << 10U;
    if (seed % 2 == 1) options.journal.reserve = 2'000'000;  // else each commit claims its room
    const Past past = live(seed, 60, options, clock);
    cut_everywhere(past, images_asked_for() / kLives, options, clock);
  }
}

TEST_CASE("After a power cut nothing that was said hangs on a commit that was rolled back",
          "[journal][power_cut]") {
  ManualClock clock;
  const auto options = small_options();
  const Past past = live(11, 120, options, clock, Writes::kFailAtTimes);
  cut_everywhere(past, images_asked_for() / 5, options, clock);
}

TEST_CASE("With a weaker --sync a power cut takes the newest events, and no id is given twice",
          "[journal][power_cut]") {
  using Kind = journal::SyncPolicy::Kind;
  ManualClock clock;
  auto options = small_options();
  const auto kind = GENERATE(Kind::kOff, Kind::kEvery);
  options.journal.sync = {kind, 2s};
  options.journal.boot_id = "before the power cut";
  const Past past = live(1, 60, options, clock);
  PowerCut power(past.before, past.operations);
  const auto images = static_cast<std::size_t>(images_asked_for() / 5);
  for (std::size_t i = 0; i < images; ++i) {
    const std::size_t cut = past.operations.size() * (i + 1) / images;
    CAPTURE(cut, i);
    power.advance(cut);
    FixedRandom random(1000 + i);
    RecordingVfs disk(power.image(i));
    auto later = options;
    later.journal.boot_id = "after it";
    Life life(disk, clock, random, later, past.head_after(cut, i));
    REQUIRE(life.start());
    CHECK(life.loaded().damage.empty());
    const auto& events = life.events();
    const auto head = events.empty() ? 0 : events.rbegin()->first;
    REQUIRE(events.size() == head);
    for (const auto& [sequence, event] : events) REQUIRE(event == past.events.at(sequence));
    const auto rows = past.rows.find(head);
    CHECK(life.rows() == (rows == past.rows.end() ? past.first_rows : rows->second));

    Player player(i, 1'000'000);
    for (int round = 0; round < 2; ++round) player.play(life);
    life.wait();
    for (auto next = events.upper_bound(head); next != events.end(); ++next) {
      const auto told = past.events.find(next->first);
      CHECK_FALSE((told != past.events.end() && told->second.id == next->second.id));
      CHECK_FALSE((head > 0 && next->second.id.epoch() == past.events.at(head).id.epoch()));
    }
  }
}

}  // namespace
}  // namespace sse::test
