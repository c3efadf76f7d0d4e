// Fewer and larger writes: what reaches the disk, and when.

#include "sse/journal/buffered_vfs.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "sse/base/later.h"
#include "sse/journal/database.h"

#include "support/catch.h"
#include "support/disk_recording.h"
#include "support/recording_vfs.h"

namespace sse::test {
namespace {

using journal::Database;
using journal::FailureKind;
using journal::Statement;
using journal::Synchronous;

constexpr std::size_t kPage = 4096;

/// A database with one table on a disk in memory.
struct Table {
  explicit Table(Synchronous synchronous, DiskFiles files = {})
      : disk(std::move(files)), database(opened(synchronous)) {
    REQUIRE(database->run("CREATE TABLE IF NOT EXISTS t(n INTEGER PRIMARY KEY, b BLOB)"));
    insert = prepared("INSERT OR REPLACE INTO t VALUES(?, ?)");
  }

  std::unique_ptr<Database> opened(Synchronous synchronous) {
    auto made = Database::open({"t.db", disk.name(), synchronous, true});
    if (!made) FAIL(made.error().text);
    return *std::move(made);
  }
  Statement prepared(const std::string& sql) {
    auto made = database->prepare(sql);
    if (!made) FAIL(made.error().text);
    return *std::move(made);
  }
  journal::Try<void> keep(int row, std::size_t size) {
    SSE_TRY(database->begin());
    SSE_TRY(insert.run(row, std::string(size, 'x')));
    return database->commit();
  }
  std::size_t attempts(FunctionRef<void()> action) {
    const auto before = disk.attempts();
    action();
    return disk.attempts() - before;
  }

  RecordingVfs disk;
  std::unique_ptr<Database> database;
  Statement insert;
};

/// How many rows of that size a start finds in these files.
std::int64_t rows_in(const DiskFiles& files, std::size_t size) {
  Table left(Synchronous::kFull, files);
  const auto checked = left.database->number("SELECT count(*) FROM pragma_integrity_check");
  CHECK(checked.value_or(0) == 1);
  auto count = left.prepared("SELECT count(*) FROM t WHERE length(b) = ?");
  REQUIRE(count.query(size).step().value_or(false));
  return count.number(0);
}

TEST_CASE("A commit is one write to the write-ahead log, and with FULL one sync",
          "[journal][buffered_vfs]") {
  const auto synchronous = GENERATE(Synchronous::kNormal, Synchronous::kFull);
  Table table(synchronous);
  REQUIRE(table.keep(1, 10));
  const std::size_t expected = synchronous == Synchronous::kFull ? 2 : 1;
  CHECK(table.attempts([&] { REQUIRE(table.keep(2, 8 * kPage)); }) == expected);
}

TEST_CASE("What is committed without a sync is in the file, for a process that is killed",
          "[journal][buffered_vfs]") {
  Table table(Synchronous::kNormal);
  for (int row = 1; row <= 20; ++row) {
    // Of one page, of some, of more than are held at one time.
    const std::size_t size = row % 3 == 0 ? 10 : row % 3 == 1 ? 5 * kPage : 70 * kPage;
    REQUIRE(table.keep(row, size));
    CHECK(rows_in(table.disk.files(), size) == (row + 2) / 3);
  }
}

TEST_CASE("What is not committed yet waits in memory", "[journal][buffered_vfs]") {
  Table table(Synchronous::kFull);
  REQUIRE(table.database->begin());
  CHECK(table.attempts([&] { REQUIRE(table.insert.run(1, std::string(kPage, 'x'))); }) == 0);
  REQUIRE(table.database->roll_back());
  table.insert = Statement();
  CHECK(table.attempts([&] { table.database.reset(); }) == 0);
}

TEST_CASE("A checkpoint writes pages that lie side by side at one time",
          "[journal][buffered_vfs]") {
  Table table(Synchronous::kFull);
  for (int row = 1; row <= 4; ++row) REQUIRE(table.keep(row, 20 * kPage));
  // 80 pages and more, then the length of the file and two syncs.
  CHECK(table.attempts([&] { REQUIRE(table.database->checkpoint()); }) < 10);
  CHECK(rows_in({{"t.db", table.disk.files().at("t.db")}}, 20 * kPage) == 4);
}

TEST_CASE("A commit that cannot be written fails, and the next one does not",
          "[journal][buffered_vfs]") {
  const auto fault = GENERATE(DiskFault::kIo, DiskFault::kNoSpace, DiskFault::kShortWrite);
  const auto synchronous = GENERATE(Synchronous::kNormal, Synchronous::kFull);
  Table table(synchronous);
  REQUIRE(table.keep(1, 10 * kPage));
  // The second write of three.
  table.disk.fail(table.disk.attempts() + 1, fault);
  const auto failed = table.keep(2, 70 * kPage);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == (fault == DiskFault::kIo ? FailureKind::kIo : FailureKind::kFull));
  REQUIRE(table.database->roll_back());
  CHECK(rows_in(table.disk.files(), 70 * kPage) == 0);
  REQUIRE(table.keep(3, 10 * kPage));
  CHECK(rows_in(table.disk.files(), 10 * kPage) == 2);
}

TEST_CASE("A checkpoint that cannot be written fails, and loses nothing",
          "[journal][buffered_vfs]") {
  Table table(Synchronous::kFull);
  for (int row = 1; row <= 4; ++row) REQUIRE(table.keep(row, 20 * kPage));
  table.disk.fail_writes_to("t.db");
  REQUIRE_FALSE(table.database->checkpoint());
  CHECK(rows_in(table.disk.files(), 20 * kPage) == 4);
  table.disk.fail_writes_to("");
  REQUIRE(table.database->checkpoint());
  CHECK(rows_in({{"t.db", table.disk.files().at("t.db")}}, 20 * kPage) == 4);
}

// A page that leaves the cache within its transaction is written before the commit, and once more
// into the same frame when it is changed again; then the checksums of all frames behind it are
// written again, too.
TEST_CASE("Pages that leave the cache before their commit are read back as they were written",
          "[journal][buffered_vfs]") {
  const auto synchronous = GENERATE(Synchronous::kNormal, Synchronous::kFull);
  std::mt19937_64 random(1);
  Table table(synchronous);
  REQUIRE(table.database->run("PRAGMA cache_size=4; PRAGMA cache_spill=4"));
  auto select = table.prepared("SELECT b FROM t WHERE n = ?");
  std::map<int, std::string> model;
  for (int round = 0; round < 60; ++round) {
    auto next = model;
    REQUIRE(table.database->begin());
    for (std::uint64_t i = 0; i < 1 + random() % 12; ++i) {
      const int row = static_cast<int>(random() % 30);
      const std::string bytes(random() % (3 * kPage), static_cast<char>('a' + random() % 26));
      REQUIRE(table.insert.run(row, std::string_view(bytes)));
      next[row] = bytes;
      const auto other = next.begin();
      REQUIRE(select.query(other->first).step().value_or(false));
      REQUIRE(select.blob(0) == other->second);
      select.reset();
    }
    if (random() % 5 == 0) {
      REQUIRE(table.database->roll_back());
    } else {
      REQUIRE(table.database->commit());
      model = next;
    }
    if (random() % 10 == 0) REQUIRE(table.database->checkpoint());
    Table left(Synchronous::kFull, table.disk.files());
    auto all = left.prepared("SELECT n, b FROM t ORDER BY n");
    for (const auto& [row, bytes] : model) {
      REQUIRE(all.step().value_or(false));
      REQUIRE(all.number(0) == row);
      REQUIRE(all.blob(1) == bytes);
    }
    REQUIRE_FALSE(all.step().value_or(true));
  }
}

TEST_CASE("Pages of one blob are read some at one time, and are what the file holds",
          "[journal][buffered_vfs]") {
  Table table(Synchronous::kFull);
  for (int row = 1; row <= 3; ++row) REQUIRE(table.keep(row, 60 * kPage));
  SECTION("from the write-ahead log") {
  }
  SECTION("from the file") {
    REQUIRE(table.database->checkpoint());
  }
  table.insert = Statement();
  table.database.reset();
  table.database = table.opened(Synchronous::kFull);
  auto select = table.prepared("SELECT b FROM t WHERE n = ?");
  const auto before = table.disk.reads();
  for (int row = 1; row <= 3; ++row) {
    REQUIRE(select.query(row).step().value_or(false));
    CHECK(select.blob(0) == std::string(60 * kPage, 'x'));
  }
  select.reset();
  CHECK(table.disk.reads() - before < 60);  // of 180 pages
  // What was read is not taken for what is there after a commit.
  table.insert = table.prepared("INSERT OR REPLACE INTO t VALUES(?, ?)");
  REQUIRE(table.database->begin());
  REQUIRE(table.insert.run(2, std::string(60 * kPage, 'y')));
  REQUIRE(table.database->commit());
  REQUIRE(table.database->run("PRAGMA shrink_memory"));
  REQUIRE(select.query(2).step().value_or(false));
  CHECK(select.blob(0) == std::string(60 * kPage, 'y'));
}

TEST_CASE("A read of some pages that fails is one of those that were asked for",
          "[journal][buffered_vfs]") {
  Table table(Synchronous::kFull);
  REQUIRE(table.keep(1, 60 * kPage));
  REQUIRE(table.database->checkpoint());
  table.insert = Statement();
  table.database.reset();
  table.database = table.opened(Synchronous::kFull);
  const auto later = GENERATE(0U, 1U, 3U, 4U);
  CAPTURE(later);
  auto select = table.prepared("SELECT b FROM t WHERE n = 1");
  table.disk.fail_reads_from(table.disk.reads() + later);
  CHECK_FALSE(select.query().step());
  select.reset();
  table.disk.fail_reads_from({});
  REQUIRE(select.query().step().value_or(false));
  CHECK(select.blob(0) == std::string(60 * kPage, 'x'));
}

TEST_CASE("An unknown file system is named", "[journal][buffered_vfs]") {
  const auto opened = Database::open({"t.db", "no-such-vfs", Synchronous::kFull, true});
  REQUIRE_FALSE(opened);
}

}  // namespace
}  // namespace sse::test
