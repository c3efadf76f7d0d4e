// What is there again where what was kept is damaged, and what `sse-serve check` says of it.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "sse/journal/database.h"
#include "sse/journal/directory_check.h"
#include "sse/journal/kept_state.h"
#include "sse/journal/sqlite_journal.h"

#include "journal/durable_log.h"
#include "journal/stage.h"
#include "support/catch.h"

namespace sse::journal {
namespace {

using test::DurableLog;
using test::Lines;
using test::publish;
using test::run_sql;
using test::Stage;
using Kind = log::Outcome::Kind;

TEST_CASE("A damaged chunk moves the tail behind it, and begins a new epoch", "[journal]") {
  Stage stage;
  wire::EventId head;
  {
    DurableLog hub(stage.directory, stage.clock);
    for (int i = 0; i < 10; ++i) head = hub.event("event " + std::to_string(i)).id;
  }
  const auto damaged = GENERATE(1, 4, 10);
  run_sql(stage.directory,
          "UPDATE log SET chunk = CAST(substr(chunk, 1, 50) || x'00' || substr(chunk, 52) AS BLOB) "
          "WHERE first = " +
              std::to_string(damaged));
  auto options = DurableLog::options(stage.directory);
  options.seed = 77;
  DurableLog hub(options, stage.clock);
  const log::View view = hub.log.view();
  CHECK(hub.journal->loaded().damage.size() == 1);
  CHECK(view.head() == 10);
  CHECK(view.tail() == static_cast<wire::Sequence>(damaged) + 1);
  CHECK(view.gave_out(head.epoch(), 1));
  const auto next = hub.event("next");
  CHECK(next.id.sequence() == 11);
  CHECK(next.id.epoch() != head.epoch());
}

TEST_CASE("A damaged chunk is told once, and stays for a check", "[journal]") {
  Stage stage;
  wire::EventId head;
  {
    DurableLog hub(stage.directory, stage.clock);
    for (int i = 0; i < 10; ++i) head = hub.event("event " + std::to_string(i)).id;
  }
  // The last ones leave a hole, and nothing whole at the end.
  const std::string damage =
      GENERATE("UPDATE log SET chunk = zeroblob(60) WHERE first = 4",
               "UPDATE log SET chunk = zeroblob(60) WHERE first = 10",
               "UPDATE log SET chunk = zeroblob(60)", "DELETE FROM log WHERE first BETWEEN 3 AND 5",
               "UPDATE log SET first = 1 << 40 WHERE first = 9",
               "UPDATE log SET first = 1 << 40 WHERE first = 10");
  CAPTURE(damage);
  run_sql(stage.directory, damage);
  auto options = DurableLog::options(stage.directory);
  wire::Epoch epoch = 0;
  wire::Sequence tail = 0;
  const bool has_events = GENERATE(true, false);
  for (std::uint64_t life = 0; life < 4; ++life) {
    CAPTURE(life, has_events);
    options.seed = 77 + life;
    {
      DurableLog hub(options, stage.clock);
      CHECK(hub.journal->loaded().damage.empty() == (life != 0));
      CHECK(hub.journal->loaded().new_epoch.empty() == (life != 0));
      if (life == 0) tail = hub.log.view().tail();
      CHECK(hub.log.view().tail() == tail);
      if (has_events) {
        const auto next = hub.event("next").id;
        if (life == 0) epoch = next.epoch();
        CHECK(next.sequence() == 11 + life);
        CHECK(next.epoch() == epoch);
        CHECK(epoch != head.epoch());
      }
    }
    const auto epochs = test::open_database(stage.directory)->number("SELECT count(*) FROM epochs");
    CHECK(epochs.value_or(0) == 2);
  }
  const auto report = check_directory(stage.directory);
  REQUIRE(report);
  CHECK_FALSE(report->is_in_order());
}

TEST_CASE("Damage that is added to damage that was told is told", "[journal]") {
  Stage stage;
  {
    DurableLog hub(stage.directory, stage.clock);
    for (int i = 0; i < 10; ++i) hub.event("event " + std::to_string(i));
  }
  auto options = DurableLog::options(stage.directory);
  wire::Epoch epoch = 0;
  for (const int damaged : {2, 4, 7}) {
    CAPTURE(damaged);
    run_sql(stage.directory,
            "UPDATE log SET chunk = zeroblob(60) WHERE first = " + std::to_string(damaged));
    for (const bool is_news : {true, false}) {
      ++options.seed;
      DurableLog hub(options, stage.clock);
      CHECK(hub.journal->loaded().damage.size() == (is_news ? 1 : 0));
      CHECK(hub.journal->loaded().new_epoch.empty() == !is_news);
      const auto next = hub.event("next").id;
      CHECK((next.epoch() != epoch) == is_news);
      epoch = next.epoch();
    }
  }
}

TEST_CASE("Damage of an epoch or of an answer begins one epoch, not one at each start",
          "[journal]") {
  Stage stage;
  auto options = DurableLog::options(stage.directory);
  options.keeper.repeats = {std::chrono::minutes(10), 1U << 20U};
  {
    DurableLog hub(options, stage.clock);
    auto append = hub.empty();
    append.add({"", "", "keyed"});
    append.keep_repeat([](const log::Append&) { return std::string("answer"); });
    hub.ask(std::move(append));
  }
  const std::string damage =
      GENERATE("UPDATE epochs SET crc = 0", "UPDATE repeats SET list = zeroblob(9) WHERE id > 0");
  CAPTURE(damage);
  run_sql(stage.directory, damage);
  for (int life = 0; life < 3; ++life) {
    CAPTURE(life);
    ++options.seed;
    DurableLog hub(options, stage.clock);
    CHECK(hub.journal->loaded().damage.size() ==
          (life == 0 && damage.starts_with("UPDATE repeats") ? 1 : 0));
    CHECK(hub.journal->loaded().new_epoch.empty() == (life != 0));
    hub.event("next");
  }
}

TEST_CASE("What SQLite finds damaged while a start reads back names how to recover it",
          "[journal]") {
  Stage stage;
  {
    DurableLog hub(stage.directory, stage.clock);
    publish(hub);
  }
  const std::string path = stage.directory + "/log.db";
  const auto page = test::open_database(stage.directory)
                        ->number("SELECT rootpage FROM sqlite_schema WHERE name = 'changes'")
                        .value_or(0);
  REQUIRE(page > 1);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp((page - 1) * 4096);
    file << std::string(4096, '\1');
  }
  test::FixedRandom random;
  auto opened =
      SqliteJournal::open(DurableLog::options(stage.directory).keeper, stage.clock, random);
  REQUIRE(opened);
  log::EventLog log({}, stage.clock);
  log::LogFollower follower(log, [] {});
  const auto started = (*opened)->start(follower);
  REQUIRE_FALSE(started);
  CHECK(started.error().code == ErrorCode::kInvalid);  // exit 65
  CHECK(started.error().text.find("sqlite3 " + path + " .recover") != std::string::npos);
}

TEST_CASE("What a damaged row says of its chunk costs that chunk's events, and nothing else",
          "[journal]") {
  Stage stage;
  Lines rows;
  wire::EventId head;
  {
    DurableLog hub(stage.directory, stage.clock);
    publish(hub);
    rows = hub.rows.lines();
    head = hub.log.view().head_id();
  }
  const std::string column = GENERATE("count = 0", "count = 200", "count = -1", "ms = 0", "ms = -1",
                                      "ms = 1 << 62", "epoch = epoch + 1", "first = 1 << 40");
  const bool is_newest = GENERATE(true, false);
  const std::string row = is_newest ? "(SELECT max(first) FROM log)" : "7";
  CAPTURE(column, row);
  run_sql(stage.directory, "UPDATE log SET " + column + " WHERE first = " + row);
  auto options = DurableLog::options(stage.directory);
  options.keeper.log.ttl = std::chrono::hours(1);
  options.keeper.log.max_events = 1000;
  wire::EventId next;
  for (std::uint64_t life = 0; life < 3; ++life) {
    CAPTURE(life);
    options.seed = 77 + life;
    DurableLog hub(options, stage.clock);
    CHECK(hub.journal->loaded().damage.empty() == (life != 0));
    CHECK(hub.log.view().head() == head.sequence());
    CHECK(hub.log.view().head_id().unix_time() == head.unix_time());
    CHECK(hub.rows.lines() == rows);
    if (!is_newest) CHECK(hub.log.view().tail() == 8);
    stage.clock.advance(std::chrono::minutes(2));  // retention looks at the row
    next = hub.event("next").id;
    CHECK(next.sequence() == head.sequence() + 1);
    CHECK((next.epoch() == head.epoch()) == (life != 0));
    head = next;
  }
}

TEST_CASE("A damaged list of changes costs what is in it, and no other member", "[journal]") {
  Stage stage;
  auto options = DurableLog::options(stage.directory);
  options.keeper.rows.per_series = GENERATE(std::size_t{100}, std::size_t{4});
  CAPTURE(options.keeper.rows.per_series);
  Lines lines;
  wire::Sequence damaged = 0;
  {
    DurableLog hub(options, stage.clock);
    hub.put(1, "a");
    for (int i = 0; i < 10; ++i) {
      const auto sequence = hub.add(1, "m" + std::to_string(i)).id.sequence();
      if (i == 7) damaged = sequence;
    }
    lines = hub.rows.lines();
    test::copy_files(stage.directory, stage.image);
  }
  run_sql(stage.image,
          "UPDATE changes SET list = zeroblob(9) WHERE first = " + std::to_string(damaged));
  REQUIRE(lines.front().find(" m7") != std::string::npos);
  lines.front().erase(lines.front().find(" m7"), 3);
  options.keeper.journal.directory = stage.image;
  for (int life = 0; life < 3; ++life) {
    CAPTURE(life);
    DurableLog hub(options, stage.clock);
    CHECK(hub.journal->loaded().damage.size() == (life == 0 ? 2 : 0));
    CHECK(hub.journal->loaded().new_epoch.empty() == (life != 0));
    CHECK(hub.rows.lines() == lines);
    hub.add(1, "n" + std::to_string(life));
    lines = hub.rows.lines();
  }
}

TEST_CASE("Rows that are said to be saved behind the head are kept, and what comes then",
          "[journal]") {
  Stage stage;
  Lines rows;
  {
    DurableLog hub(stage.directory, stage.clock);
    publish(hub);
    rows = hub.rows.lines();
  }
  test::change_state(stage.directory, [](State& state) { state.rows_at += 1000; });
  for (int life = 0; life < 3; ++life) {
    CAPTURE(life);
    DurableLog hub(stage.directory, stage.clock);
    CHECK(hub.rows.lines() == rows);
    REQUIRE(hub.add(2, std::to_string(life)).kind == Kind::kAppended);
    rows = hub.rows.lines();
    if (life != 1) continue;
    test::copy_files(stage.directory, stage.image);
    auto options = DurableLog::options(stage.image);
    const DurableLog killed(options, stage.clock);
    CHECK(killed.rows.lines() == rows);
  }
}

TEST_CASE("A log whose end is lost goes on in a new epoch, with the next sequence", "[journal]") {
  Stage stage;
  wire::EventId lost;
  {
    DurableLog hub(stage.directory, stage.clock);
    for (int i = 0; i < 10; ++i) lost = hub.event("x").id;
  }
  run_sql(stage.directory, "DELETE FROM log WHERE first > 7");
  auto options = DurableLog::options(stage.directory);
  options.seed = 77;
  DurableLog hub(options, stage.clock);
  CHECK_FALSE(hub.journal->loaded().new_epoch.empty());
  const auto next = hub.event("next");
  CHECK(next.id.sequence() == 8);
  CHECK(next.id.epoch() != lost.epoch());
  CHECK_FALSE(hub.log.view().gave_out(lost.epoch(), 10));
  CHECK(hub.log.view().gave_out(lost.epoch(), 7));
}

TEST_CASE("A check makes no files, and finds the hub that runs", "[journal]") {
  Stage stage;
  {
    DurableLog hub(stage.directory, stage.clock);
    publish(hub);
    const auto used = check_directory(stage.directory);
    REQUIRE_FALSE(used);
    CHECK(used.error().kind == FailureKind::kBusy);
  }
  std::filesystem::create_directory(stage.image);
  std::filesystem::copy_file(stage.directory + "/log.db", stage.image + "/log.db");
  const auto report = check_directory(stage.image);
  REQUIRE(report);
  CHECK(report->is_in_order());
  CHECK(report->last == 31);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(stage.image)) {
    names.push_back(entry.path().filename());
  }
  CHECK(names == std::vector<std::string>{"log.db"});
}

}  // namespace
}  // namespace sse::journal
