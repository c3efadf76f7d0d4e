// What a log knows of history that is in its journal and not in memory.

#include "sse/log/history.h"

#include "sse/log/view.h"
#include "sse/wire/encoder.h"

#include "log/archived_log.h"

namespace sse::log {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::ArchivedLog;
using test::feed;
using test::LoadedLog;

TEST_CASE("What memory lets go of stays readable, and is archived", "[log][history]") {
  ArchivedLog log;
  log.add_many(2000);
  const View view = log.log.view();
  CHECK(view.tail() == 1);
  CHECK(view.first_readable() == 1);
  REQUIRE(view.first_held() > 1000);
  CHECK(view.is_archived(1));
  CHECK(view.is_archived(view.first_held() - 1));
  CHECK_FALSE(view.is_archived(view.first_held()));
  CHECK_FALSE(view.is_archived(view.head() + 1));
  CHECK_FALSE(view.is_archived(0));
  CHECK(view.oldest_id() == log.event(1).id);
  CHECK_FALSE(view.newest_expired_time());
  CHECK(log.log.usage().events == 2000);
  CHECK(log.log.usage().bytes <= kMinLogBytes);
}

TEST_CASE("A log whose journal keeps nothing else archives nothing", "[log][history]") {
  test::ManualLog log(ArchivedLog::in_little_memory());
  log.add_many(5000);
  const View view = log.log.view();
  CHECK(view.tail() > 1000);
  CHECK(view.first_readable() == view.first_held());
  CHECK_FALSE(view.is_archived(1));
  CHECK_FALSE(view.is_archived(view.tail()));
}

TEST_CASE("Each archived event is in the part that began last before it", "[log][history]") {
  ArchivedLog log;
  log.add_many(1500);
  log.journal.drop_before(100);
  log.add_many(500);
  const View view = log.log.view();
  const auto parts = log.journal.parts();
  for (auto s = view.tail(); s < view.first_held(); ++s) {
    CAPTURE(s);
    const PartRange part = view.part_of(s);
    std::size_t i = 0;
    while (i + 1 < parts.size() && parts[i + 1].sequence() <= s) ++i;
    REQUIRE(part.first == parts[i].sequence());
    REQUIRE(part.last == (i + 1 < parts.size() ? parts[i + 1].sequence() - 1 : view.head()));
  }
}

TEST_CASE("The part that is written now ends at the head", "[log][history]") {
  ArchivedLog log(ArchivedLog::in_little_memory(), 1'000'000);
  log.add_many(2000);
  const PartRange part = log.log.view().part_of(7);
  CHECK(part.first == 1);
  CHECK(part.last == 2000);
}

TEST_CASE("The journal moves the tail among what is archived, and says which event that is",
          "[log][history]") {
  ArchivedLog log;
  log.add_many(2000);
  const View before = log.log.view();
  log.journal.drop_before(300);
  const View view = log.log.view();
  REQUIRE(view.tail() > 200);
  CHECK(view.tail() <= 300);
  CHECK(view.oldest_id() == log.event(view.tail()).id);
  CHECK(view.newest_expired_time() == log.event(view.tail() - 1).id.unix_time());
  CHECK(log.log.usage().events == 2001 - view.tail());
  CHECK(before.tail() == 1);
  CHECK(before.oldest_id() == log.event(1).id);
}

TEST_CASE("The tail may be moved into memory, where it is exact", "[log][history]") {
  ArchivedLog log;
  log.add_many(2000);
  const wire::Sequence held = log.log.view().first_held();
  const auto time = log.event(held + 6).id.unix_time();
  log.log.move_tail({log.event(held + 7).id, time});
  View view = log.log.view();
  CHECK(view.tail() == held + 7);
  CHECK(view.oldest_id() == log.event(held + 7).id);
  CHECK(view.newest_expired_time() == time);
  CHECK(view.first_held() == held);
  CHECK(view.first_readable() == held);
  // Not back again.
  log.log.move_tail({log.event(held + 3).id, log.event(held + 2).id.unix_time()});
  view = log.log.view();
  CHECK(view.tail() == held + 7);
  CHECK(view.newest_expired_time() == time);
}

TEST_CASE("A tail ahead of what was added holds once it is there", "[log][history]") {
  ArchivedLog log;
  log.add_many(10);
  const auto id = wire::EventId::make(log.event(10).id.unix_time(), test::kEpoch, 15);
  log.log.move_tail({id, id.unix_time()});
  CHECK(log.log.view().tail() == 11);
  CHECK(log.log.view().oldest_id() == log.event(10).id);
  log.add_many(10);
  CHECK(log.log.view().tail() == 15);
  CHECK(log.log.view().oldest_id() == log.event(15).id);
}

TEST_CASE("A tail that was told ahead is right, also when memory has let go of it by then",
          "[log][history]") {
  ArchivedLog log;
  log.add_many(10);
  const auto id = wire::EventId::make(log.event(10).id.unix_time(), test::kEpoch, 20);
  log.log.move_tail({id, id.unix_time()});
  Append append(log.log.limits());
  for (int i = 0; i < 256; ++i) append.add({"", "", std::string(450, 'x')});
  log.journal.append(append, test::kNever);
  const View view = log.log.view();
  REQUIRE(view.first_held() > 20);
  CHECK(view.tail() == 20);
  CHECK(view.oldest_id() == log.event(20).id);
  CHECK(view.newest_expired_time() == log.event(19).id.unix_time());
}

TEST_CASE("Once an event in memory has expired, everything archived has", "[log][history]") {
  ArchivedLog log(ArchivedLog::in_little_memory(seconds(10)));
  log.add_many(2000);
  log.clock.advance(seconds(4));
  const wire::Sequence held = log.log.view().first_held();
  CHECK(log.log.view().tail() == 1);
  log.clock.advance(seconds(6));
  const View view = log.log.view();
  CHECK(view.empty());
  CHECK_FALSE(view.is_archived(held - 1));
  CHECK(log.log.usage().bytes < 10'000);
  CHECK(log.log.usage().pairs == 0);
  log.add("x");
  CHECK(log.log.view().tail() == 2001);
}

TEST_CASE("What is archived does not expire before something in memory has", "[log][history]") {
  ArchivedLog log(ArchivedLog::in_little_memory(seconds(10)));
  log.add_many(600);
  log.clock.advance(seconds(9));
  log.add_many(1400);
  const wire::Sequence held = log.log.view().first_held();
  REQUIRE(held > 600);
  log.clock.advance(seconds(2));  // the first 600 are too old, and the journal has not said so
  CHECK(log.log.view().tail() == 1);
  log.journal.drop_before(601);
  CHECK(log.log.view().tail() > 500);
  log.clock.advance(seconds(8));
  CHECK(log.log.view().empty());
}

TEST_CASE("A number of events bounds what is in memory, the journal the rest", "[log][history]") {
  auto options = ArchivedLog::in_little_memory();
  SECTION("within memory") {
    options.retention.max_events = 50;
    ArchivedLog log(options);
    log.add_many(2000);
    CHECK(log.log.view().tail() == 1951);
    CHECK(log.log.view().oldest_id() == log.event(1951).id);
  }
  SECTION("beyond it") {
    options.retention.max_events = 1500;
    ArchivedLog log(options);
    log.add_many(2000);
    CHECK(log.log.view().tail() == 1);
    log.journal.drop_before(501);
    CHECK(log.log.view().tail() > 400);
  }
}

TEST_CASE("A log that goes on elsewhere has what is in memory alone", "[log][history]") {
  ArchivedLog log;
  log.add_many(2000);
  const View before = log.log.view();
  const wire::Sequence cut = 1950;
  REQUIRE(before.first_held() < cut);
  log.log.restart({log.event(cut).id, test::kEpoch + 1});
  const View view = log.log.view();
  CHECK(view.tail() == before.first_held());
  CHECK(view.first_readable() == view.first_held());
  CHECK_FALSE(view.is_archived(1));
  REQUIRE(view.newest_expired_time());
  CHECK(*view.newest_expired_time() >= log.event(view.tail() - 1).id.unix_time());
  CHECK(locate(view, AfterId{to_string(log.event(5).id)}).gap->missed == view.tail() - 6);
}

TEST_CASE("After that, what no part began with is not archived when memory lets go of it",
          "[log][history]") {
  ArchivedLog log;
  log.add_many(2000);
  const wire::EventId head = log.event(1990).id;
  log.log.restart({head, test::kEpoch + 1});
  std::vector<Entry> entries;
  std::string block;
  wire::encode({"", "", std::string(100, 'x')}, block);
  const auto add = [&](wire::Sequence sequence) {
    const auto id = wire::EventId::make(head.unix_time(), test::kEpoch + 1, sequence);
    if (sequence == 2000) log.log.begin_parts({&id, 1});
    const Entry entry{id, block, NameKey("message", KeyedHash()), NameKey("", KeyedHash()), {}, {}};
    log.log.add({&entry, 1}, log.clock.now().boot);
  };
  const wire::Sequence held = log.log.view().first_held();
  for (wire::Sequence sequence = 1991; sequence <= 2100; ++sequence) add(sequence);
  CHECK(log.log.view().tail() >= held);
  for (wire::Sequence sequence = 2101; sequence <= 4000; ++sequence) add(sequence);
  CHECK(log.log.view().tail() == 2000);
  CHECK(log.log.view().is_archived(2000));
}

/// Tells a log that goes on elsewhere at once what is told to one that starts.
struct AsRestart final : Follower {
  explicit AsRestart(EventLog& its_log) : log(its_log) {}
  void load(const Origin& origin, std::span<const KeptRow> /*rows*/) override { begin = origin; }
  void load_part(const KeptPart& part) override { begin->history.parts.push_back(part); }
  void begin_parts(std::span<const wire::EventId> first) override {
    restart_once();
    log.begin_parts(first);
  }
  void move_tail(const Tail& tail) override { begin->history.tail = tail; }
  void add(std::span<const Entry> entries, BootTime now) override { log.add(entries, now); }
  void restart_once() {
    if (begin) log.restart(*begin);
    if (begin) told = log.view();
    begin.reset();
  }
  void restart(const Origin& /*origin*/, std::span<const KeptRow> /*rows*/,
               std::string_view /*why*/) override {}
  void wake() override {}

  EventLog& log;
  std::optional<Origin> begin;
  View told;  // as it was before anything was added
};

TEST_CASE("A log that goes on elsewhere has the history that it is told of again",
          "[log][history]") {
  ArchivedLog log;
  log.add_many(2000);
  log.add("held alone", "held", "alone");
  log.add_many(100);
  const View before = log.log.view();
  const auto parts = log.journal.parts();
  // It is cut back among what is held, or among what is archived.
  const bool is_held = GENERATE(true, false);
  const std::size_t cut = is_held ? parts.size() - 2 : parts.size() / 2;
  REQUIRE((parts[cut].sequence() > before.first_held() + 1) == is_held);
  const bool is_trimmed = GENERATE(true, false);
  if (is_trimmed) log.journal.drop_before(300);
  AsRestart again(log.log);
  log.journal.load_into(again, parts[cut].sequence(), log.clock.now().boot);

  const View view = log.log.view();
  CHECK(view.generation() == before.generation() + 1);
  // No view has some of the parts: the last of them would go on to the head.
  CHECK(again.told.tail() == view.tail());
  for (std::size_t i = 0; i < cut; ++i) {
    const wire::Sequence first = std::max(parts[i].sequence(), view.tail());
    if (first >= parts[i + 1].sequence() || !again.told.is_archived(first)) continue;
    CHECK(again.told.part_of(first).last == parts[i + 1].sequence() - 1);
  }
  CHECK(view.tail() == (is_trimmed ? log.journal.oldest() : 1));
  CHECK(view.head() == before.head());
  REQUIRE(view.is_archived(view.tail()));
  for (auto sequence = view.tail(); sequence <= view.head(); ++sequence) {
    CAPTURE(sequence);
    REQUIRE(log.view_of(sequence).event(sequence).id == log.event(sequence).id);
    REQUIRE(log.view_of(sequence).block(sequence) == log.event(sequence).block);
  }
  CHECK_FALSE(locate(view, AfterId{to_string(log.event(view.tail()).id)}).gap);
  // The newest of each pair, wherever they are.
  const View whole = log.whole.view();
  for (auto next = view.tail(); next <= view.head();) {
    const auto expected = whole.next_newest(next, whole.head());
    auto found = next;
    if (view.is_archived(next)) found = view.next_archived_newest(next);
    if (!view.is_archived(found)) found = view.next_newest(found, view.head());
    CAPTURE(next);
    REQUIRE(found == expected);
    next = found + 1;
  }
}

TEST_CASE("The age of the oldest event is that of its id when it is archived", "[log][history]") {
  ArchivedLog log;
  log.add("1");
  log.clock.advance(hours(2));
  log.add_many(2000);
  const auto age = std::chrono::floor<milliseconds>(log.clock.now().wall.time_since_epoch()) -
                   log.event(1).id.unix_time();
  REQUIRE(log.log.view().is_archived(1));
  CHECK(std::chrono::floor<milliseconds>(log.log.usage().oldest_age) == age);
  log.clock.jump_wall(-hours(5));
  CHECK(log.log.usage().oldest_age == seconds(0));
}

// What a start tells.

TEST_CASE("A start has the history that it was told of", "[log][history]") {
  ArchivedLog log;
  log.add_many(2000);
  const std::size_t parts = log.journal.parts().size();
  SECTION("all of it") {
    LoadedLog loaded(log, parts - 3);
    const View view = loaded.log.view();
    CHECK(view.tail() == 1);
    CHECK(view.head() == 2000);
    CHECK(view.first_held() == log.journal.parts()[parts - 3].sequence());
    CHECK(view.oldest_id() == log.event(1).id);
    CHECK_FALSE(view.newest_expired_time());
    CHECK(view.part_of(1).last == log.journal.parts()[1].sequence() - 1);
    CHECK_FALSE(locate(view, FromTime{WallTime{}}).gap);
  }
  SECTION("from a tail on") {
    log.journal.drop_before(500);
    LoadedLog loaded(log, parts - 1);
    const View expected = log.log.view();
    const View view = loaded.log.view();
    REQUIRE(view.tail() == expected.tail());
    CHECK(view.oldest_id() == expected.oldest_id());
    CHECK(view.newest_expired_time() == expected.newest_expired_time());
    CHECK(view.part_of(view.tail()).first == view.tail());
    CHECK(view.is_archived(view.tail()));
  }
  SECTION("without a word of what is gone: it is at most as new as the oldest event") {
    EventLog loaded(ArchivedLog::in_little_memory(), log.clock);
    loaded.begin({log.event(200).id, test::kEpoch, {{test::kEpoch, 1}}});
    loaded.load_part({log.event(65).id, 200, {}});
    CHECK(loaded.view().tail() == 65);
    CHECK(loaded.view().newest_expired_time() == log.event(65).id.unix_time());
  }
  SECTION("all of it in memory") {
    LoadedLog loaded(log, 0, test::ManualLog::with_segments(4096));
    const View view = loaded.log.view();
    CHECK(view.tail() == 1);
    CHECK(view.first_held() == 1);
    CHECK(feed(view, 1) == feed(log.whole.view(), 1));
  }
}

}  // namespace
}  // namespace sse::log
