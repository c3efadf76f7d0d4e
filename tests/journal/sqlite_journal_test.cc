// What is there again after a hub has ended, in whichever way.

#include "sse/journal/sqlite_journal.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "sse/journal/database.h"
#include "sse/journal/kept_state.h"

#include "journal/durable_log.h"
#include "journal/stage.h"
#include "support/catch.h"

namespace sse::journal {
namespace {

using test::DurableLog;
using test::Lines;
using test::publish;
using test::Stage;
using Kind = log::Outcome::Kind;

TEST_CASE("After a clean end and after a kill the same log goes on", "[journal]") {
  Stage stage;
  const bool is_killed = GENERATE(false, true);
  CAPTURE(is_killed);
  std::string events;
  wire::EventId head;
  {
    DurableLog hub(stage.directory, stage.clock);
    publish(hub);
    events = hub.all();
    head = hub.log.view().head_id();
    if (is_killed) test::copy_files(stage.directory, stage.image);
  }
  auto options = DurableLog::options(is_killed ? stage.image : stage.directory);
  options.seed = 77;
  DurableLog hub(options, stage.clock);
  CHECK(hub.journal->loaded().damage.empty());
  CHECK(hub.journal->loaded().new_epoch.empty());
  CHECK(hub.all() == events);
  CHECK(hub.log.view().head_id() == head);
  CHECK(hub.rows.lines() == Lines{"1 cpu=of cpu: 0 1 2 3 4", "2 ram=of ram: x"});
  const auto next = hub.event("next");
  CHECK(next.id.sequence() == head.sequence() + 1);
  CHECK(next.id.epoch() == head.epoch());
  // Rows are judged as if nothing had happened.
  auto again = hub.empty();
  again.add({"put", "", ""}, {log::RowChange::Kind::kPut, {0, 9}, "cpu", ""},
            log::Condition::kNameIsFree);
  CHECK(hub.ask(std::move(again)).items().front().outcome.row == Uuid{0, 1});
  CHECK(hub.add(3, "z").kind == Kind::kNoSuchRow);
}

TEST_CASE("An empty hub that is killed has its epoch again", "[journal]") {
  Stage stage;
  DurableLog hub(stage.directory, stage.clock);
  test::copy_files(stage.directory, stage.image);
  auto options = DurableLog::options(stage.image);
  options.seed = 77;
  DurableLog again(options, stage.clock);
  CHECK(again.log.view().epoch() == hub.log.view().epoch());
  CHECK(again.log.head() == 0);
}

TEST_CASE("A hub that was idle longer than its ttl goes on from its head", "[journal]") {
  Stage stage;
  auto options = DurableLog::options(stage.directory);
  options.keeper.log.ttl = std::chrono::seconds(60);
  options.log.retention.ttl = options.keeper.log.ttl;
  wire::EventId head;
  {
    DurableLog hub(options, stage.clock);
    for (int i = 0; i < 5; ++i) {
      stage.clock.advance(std::chrono::minutes(5));
      head = hub.event("x").id;
    }
    stage.clock.advance(std::chrono::minutes(5));
    test::copy_files(stage.directory, stage.image);
  }
  options.keeper.journal.directory = stage.image;
  DurableLog hub(options, stage.clock);
  const log::View view = hub.log.view();
  CHECK(view.empty());
  CHECK(view.head_id() == head);
  CHECK(view.gave_out(head.epoch(), 1));  // expired, and known to be
  CHECK(view.gave_out(head.epoch(), 5));
  CHECK(hub.event("y").id.sequence() == 6);
}

TEST_CASE("Events that are read back are as old as they are", "[journal]") {
  Stage stage;
  auto options = DurableLog::options(stage.directory);
  options.log.retention.ttl = std::chrono::seconds(100);
  {
    DurableLog hub(options, stage.clock);
    hub.event("old");
    stage.clock.advance(std::chrono::seconds(60));
    hub.event("new");
  }
  stage.clock.advance(std::chrono::seconds(30));
  DurableLog hub(options, stage.clock);
  CHECK(hub.log.view().tail() == 1);
  stage.clock.advance(std::chrono::seconds(10));
  CHECK(hub.log.view().tail() == 2);
  stage.clock.advance(std::chrono::seconds(60));
  CHECK(hub.log.view().empty());
}

TEST_CASE("A wall clock that jumps makes the directory forget nothing early", "[journal]") {
  Stage stage;
  auto options = DurableLog::options(stage.directory);
  options.keeper.log.ttl = std::chrono::hours(1);
  {
    DurableLog hub(options, stage.clock);
    hub.event("1");
    stage.clock.advance(std::chrono::minutes(1));
    hub.event("2");
    stage.clock.jump_wall(std::chrono::hours(48));
    stage.clock.advance(std::chrono::minutes(1));
    hub.event("3");
    stage.clock.jump_wall(-std::chrono::hours(48));
  }
  {
    DurableLog hub(options, stage.clock);
    CHECK(hub.log.view().tail() == 1);
    stage.clock.advance(std::chrono::minutes(59));
    hub.event("4");
    stage.clock.advance(std::chrono::seconds(2));
    hub.event("5");
  }
  DurableLog hub(options, stage.clock);
  CHECK(hub.log.view().tail() == 3);
  CHECK(hub.log.view().head() == 5);
}

TEST_CASE("What gave way before a kill has given way after it", "[journal]") {
  Stage stage;
  auto options = DurableLog::options(stage.directory);
  options.keeper.rows = {10, 3, 5};
  Lines lines;
  {
    DurableLog hub(options, stage.clock);
    hub.put(1, "a");
    hub.put(2, "b");
    for (int i = 0; i < 40; ++i) {
      stage.clock.advance(std::chrono::milliseconds(700));  // rows are saved now and then
      hub.add(i % 3 == 2 ? 2 : 1, std::to_string(i));
    }
    lines = hub.rows.lines();
    test::copy_files(stage.directory, stage.image);
  }
  {
    options.keeper.journal.directory = stage.image;
    DurableLog hub(options, stage.clock);
    CHECK(hub.journal->loaded().damage.empty());
    CHECK(hub.rows.lines() == lines);
  }
  options.keeper.rows = {10, 2, 3};  // lower limits: the oldest of the longest go
  DurableLog hub(options, stage.clock);
  CHECK(hub.journal->loaded().members == 3);
}

TEST_CASE("Only the newest events that fit memory are read back, and the others are archived",
          "[journal]") {
  Stage stage;
  auto options = DurableLog::options(stage.directory);
  wire::EventId first;
  {
    DurableLog hub(options, stage.clock);
    first = hub.event(std::string(1000, 'x')).id;
    for (int i = 1; i < 100; ++i) hub.event(std::string(1000, 'x'));
  }
  options.keeper.log.memory_bytes = 20'000;
  DurableLog hub(options, stage.clock);
  const log::View view = hub.log.view();
  CHECK(view.head() == 100);
  CHECK(view.first_held() > 80);
  CHECK(view.tail() == 1);
  CHECK(view.oldest_id() == first);
  CHECK(view.is_archived(1));
  CHECK(view.is_archived(80));
  CHECK_FALSE(view.newest_expired_time());
}

TEST_CASE(
    "After a kill with a weaker --sync another boot, or one that is not known, begins an epoch",
    "[journal]") {
  Stage stage;
  auto options = DurableLog::options(stage.directory);
  options.keeper.journal.sync = {SyncPolicy::Kind::kEvery, std::chrono::seconds(1)};
  const bool is_known = GENERATE(true, false);
  wire::EventId head;
  {
    DurableLog hub(options, stage.clock);
    head = hub.event("x").id;
    test::copy_files(stage.directory, stage.image);
  }
  if (!is_known) test::change_state(stage.image, [](State& state) { state.boot.clear(); });
  options.keeper.journal.directory = stage.image;
  options.seed = 77;
  DurableLog hub(options, stage.clock);
  CHECK(hub.log.head() == 1);
  CHECK((hub.event("next").id.epoch() == head.epoch()) == is_known);
}

TEST_CASE("Two hubs do not share a directory, and the second is told who has it", "[journal]") {
  Stage stage;
  const DurableLog hub(stage.directory, stage.clock);
  test::FixedRandom random;
  const auto second =
      SqliteJournal::open(DurableLog::options(stage.directory).keeper, stage.clock, random);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::kConflict);
  CHECK(second.error().text.find(std::to_string(::getpid())) != std::string::npos);
}

/// Waits for the end of a backup.
class BackupEnd {
 public:
  /// `meanwhile` is done before the end is known.
  void begin(
      SqliteJournal& journal, const std::function<void()>& meanwhile = [] {}) {
    journal.backup([this, meanwhile](Result<BackupMade> made) {
      meanwhile();
      made_.set_value(std::move(made));
    });
  }
  Result<BackupMade> wait() { return made_.get_future().get(); }

 private:
  std::promise<Result<BackupMade>> made_;
};

TEST_CASE("A backup is a whole log, and its end holds up no commit", "[journal][backup]") {
  Stage stage;
  DurableLog hub(stage.directory, stage.clock);
  for (int i = 0; i < 100; ++i) hub.event(std::string(100'000, 'x'));  // synced in between
  BackupEnd end;
  log::Outcome meanwhile;
  end.begin(*hub.journal, [&] { meanwhile = hub.event("meanwhile"); });
  const auto made = end.wait();
  REQUIRE(made);
  CHECK(meanwhile.id.sequence() == 101);
  CHECK(made->head == 100);
  CHECK(made->bytes > 10'000'000);
  BackupEnd again;
  again.begin(*hub.journal);
  CHECK(again.wait()->head == 101);
  std::filesystem::create_directory(stage.image);
  std::filesystem::rename(made->path, stage.image + "/log.db");
  auto options = DurableLog::options(stage.image);
  options.seed = 77;
  DurableLog copy(options, stage.clock);
  CHECK(copy.journal->loaded().damage.empty());
  CHECK_FALSE(copy.journal->loaded().new_epoch.empty());
  CHECK(copy.log.head() == 101);
}

TEST_CASE("A backup that would leave too little of the disk is not begun", "[journal][backup]") {
  Stage stage;
  REQUIRE(std::filesystem::create_directory(stage.directory));
  auto database = Database::open({stage.directory + "/log.db", {}, Synchronous::kFull, true});
  REQUIRE(database);
  REQUIRE((*database)->run("CREATE TABLE t(a)"));
  const auto path = stage.directory + "/backup.db";
  const auto refused = Backup::begin(**database, path, std::uint64_t{1} << 60U);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == FailureKind::kFull);
  CHECK(refused.error().text.find("bytes left") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(path + ".unfinished"));
  CHECK(Backup::begin(**database, path, 0));
}

TEST_CASE("A large commit is shown in slices", "[journal]") {
  Stage stage;
  DurableLog hub(stage.directory, stage.clock);
  auto many = hub.empty();
  for (int i = 0; i < 1000; ++i) many.add({"e", "", std::to_string(i)});
  hub.ask(std::move(many));
  CHECK(hub.rows.largest() == log::kMaxSliceEvents);
  auto large = hub.empty();
  for (int i = 0; i < 10; ++i) large.add({"e", "", std::string(200'000, 'x')});
  hub.ask(std::move(large));
  CHECK(hub.log.head() == 1010);
}

TEST_CASE("Lists of changes do not grow with what has given way", "[journal]") {
  Stage stage;
  auto options = DurableLog::options(stage.directory);
  options.keeper.rows = {10, 50, 1000};
  Lines lines;
  {
    DurableLog hub(options, stage.clock);
    hub.put(1, "busy");
    hub.put(2, "rare");
    const std::string large(1000, 'x');
    for (int i = 0; i < 400; ++i) {
      stage.clock.advance(std::chrono::seconds(1));
      auto append = hub.empty();
      for (int j = 0; j < 100; ++j) {
        append.add({"add", "", ""},
                   {log::RowChange::Kind::kAdd, {0, 1}, {}, std::to_string(i * 100 + j) + large},
                   log::Condition::kRowExists);
      }
      hub.ask(std::move(append));
      if (i % 10 == 0) hub.add(2, std::to_string(i));
    }
    lines = hub.rows.lines();
  }
  {
    DurableLog hub(options, stage.clock);
    CHECK(hub.journal->loaded().damage.empty());
    CHECK(hub.rows.lines() == lines);
  }
  const auto database = test::open_database(stage.directory);
  // 40 MB were written; 90 members are left.
  CHECK(database->number("SELECT total(length(list)) FROM changes").value_or(0) < 6'000'000);
}

}  // namespace
}  // namespace sse::journal
