#include "sse/journal/database.h"

#include <memory>
#include <string>

#include <sqlite3.h>

#include "sse/journal/schema.h"

#include "support/catch.h"
#include "support/temporary_directory.h"

namespace sse::journal {
namespace {

std::unique_ptr<Database> opened(const std::string& path) {
  auto database = Database::open({path, {}, Synchronous::kFull, true});
  if (!database) FAIL(database.error().text);
  return *std::move(database);
}

TEST_CASE("What a commit holds is there again, without a checkpoint at the end", "[journal]") {
  const test::TemporaryDirectory directory;
  const auto path = directory.file("log.db");
  {
    const auto database = opened(path);
    REQUIRE(database->run("CREATE TABLE t(n INTEGER PRIMARY KEY, b BLOB)"));
    auto insert = database->prepare("INSERT INTO t VALUES(?, ?)");
    REQUIRE(insert);
    REQUIRE(database->begin());
    REQUIRE(insert->run(7, std::string_view("a\0b", 3)));
    REQUIRE(insert->run(8, std::string_view()));
    REQUIRE(database->commit());
    CHECK(database->wal_pages() > 0);
    REQUIRE(database->begin());
    REQUIRE(insert->run(9, std::string("rolled back")));
    REQUIRE(database->roll_back());
    REQUIRE(database->roll_back());
  }
  CHECK_FALSE(test::read_text(path + "-wal").empty());
  const auto database = opened(path);
  auto select = database->prepare("SELECT n, b FROM t WHERE n > ? ORDER BY n");
  REQUIRE(select);
  select->query(0);
  REQUIRE(select->step().value_or(false));
  CHECK(select->number(0) == 7);
  CHECK(select->blob(1) == std::string_view("a\0b", 3));
  REQUIRE(select->step().value_or(false));
  CHECK(select->blob(1).empty());
  CHECK_FALSE(select->step().value_or(true));
  CHECK(database->number("SELECT count(*) FROM t").value_or(0) == 2);
}

TEST_CASE("A checkpoint empties the write-ahead log", "[journal]") {
  const test::TemporaryDirectory directory;
  const auto database = opened(directory.file("log.db"));
  REQUIRE(prepare_schema(*database));
  CHECK(database->wal_pages() > 0);
  REQUIRE(database->checkpoint());
  CHECK(database->wal_pages() == 0);
}

TEST_CASE("A file that another connection has is busy", "[journal]") {
  const test::TemporaryDirectory directory;
  const auto path = directory.file("log.db");
  const auto database = opened(path);
  const auto second = Database::open({path, {}, Synchronous::kFull, true});
  REQUIRE_FALSE(second);
  CHECK(second.error().kind == FailureKind::kBusy);
  CHECK(second.error().text.find(path) != std::string::npos);
}

TEST_CASE("A file that is not a database is damaged, a missing one is made only if asked",
          "[journal]") {
  const test::TemporaryDirectory directory;
  const auto path = directory.file("log.db");
  auto missing = Database::open({path, {}, Synchronous::kFull, false});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == FailureKind::kRefused);
  test::write_text(path, std::string(8192, 'x'));
  auto other = Database::open({path, {}, Synchronous::kFull, true});
  REQUIRE_FALSE(other);
  CHECK(other.error().kind == FailureKind::kDamaged);
  CHECK(error_of(other.error()).code == ErrorCode::kInvalid);
}

TEST_CASE("The schema is made once, and another's or a newer one is refused", "[journal]") {
  const test::TemporaryDirectory directory;
  const auto path = directory.file("log.db");
  {
    const auto database = opened(path);
    CHECK(prepare_schema(*database).value_or(false));
    CHECK_FALSE(prepare_schema(*database).value_or(true));
    REQUIRE(database->run("PRAGMA user_version=3"));
    const auto newer = prepare_schema(*database);
    REQUIRE_FALSE(newer);
    CHECK(newer.error().kind == FailureKind::kNewer);
    REQUIRE(database->run("PRAGMA application_id=5"));
  }
  const auto database = opened(path);
  const auto others = prepare_schema(*database);
  REQUIRE_FALSE(others);
  CHECK(others.error().kind == FailureKind::kDamaged);
}

}  // namespace
}  // namespace sse::journal
