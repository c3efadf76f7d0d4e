// What a check of a directory finds in the answers that are kept for repeats.

#include "sse/journal/directory_check.h"

#include <string>
#include <vector>

#include "journal/durable_log.h"
#include "journal/stage.h"
#include "support/catch.h"

namespace sse::journal {
namespace {

using namespace std::chrono_literals;
using test::DurableLog;

/// A directory of a hub that was stopped, with three answers.
class Answered {
 public:
  Answered() {
    auto options = DurableLog::options(directory_);
    options.keeper.repeats = {10min, 1U << 20U};
    DurableLog hub(options, clock_);
    for (const char* data : {"a", "b", "c"}) {
      auto append = hub.empty();
      append.add({"", "", data});
      append.keep_repeat([data](const log::Append& /*known*/) { return std::string(data); });
      hub.ask(std::move(append));
    }
    hub.event("without");
  }

  void change(const char* sql) const { test::run_sql(directory_, sql); }

  CheckReport check() const {
    auto report = check_directory(directory_);
    if (!report) FAIL(report.error().text);
    return *std::move(report);
  }

 private:
  test::TemporaryDirectory root_;
  test::ManualClock clock_;
  std::string directory_ = root_.file("data");
};

TEST_CASE("A check counts answers that are kept", "[journal][check]") {
  const Answered directory;
  const auto report = directory.check();
  CHECK(report.answers == 3);
  CHECK(report.events == 4);
  CHECK(report.problems.empty());
}

TEST_CASE("A check finds what is wrong with kept answers", "[journal][check]") {
  struct Case {
    const char* sql;
    const char* problem;
  };
  const auto& [sql, problem] = GENERATE(
      Case{"UPDATE repeats SET list = CAST(substr(list, 1, 8) || 'x' AS BLOB) WHERE id = 2",
           "answers of sequence 2 are damaged"},
      Case{"UPDATE repeats SET list = x'0102' WHERE id = 1", "answers of sequence 1 are damaged"},
      Case{"UPDATE repeats SET list = CAST(substr(list, 1, 10) || x'ff' || substr(list, 12) AS "
           "BLOB) WHERE id = 0",
           "the secret of answers has a wrong checksum"},
      Case{"UPDATE repeats SET list = x'' WHERE id = 0",
           "the secret of answers has a wrong checksum"},
      Case{"UPDATE repeats SET id = 5 WHERE id = 3",
           "answers of sequence 5, and the log ends at 4"},
      Case{"UPDATE repeats SET id = -1 WHERE id = 3",
           "answers of sequence -1, and the log ends at 4"});
  CAPTURE(sql);
  const Answered directory;
  directory.change(sql);
  const auto report = directory.check();
  CHECK(report.problems == std::vector<std::string>{problem});
}

/// A directory of a hub that was stopped, with parts of three events each, and four at the end that
/// are in none.
class InParts {
 public:
  explicit InParts(std::uint64_t max_events = 0) {
    auto options = DurableLog::options(directory_);
    options.keeper.log.memory_bytes = std::uint64_t{20} << 10U;
    options.keeper.log.max_events = max_events;
    DurableLog hub(options, clock_);
    for (int i = 0; i < 22; ++i) {
      clock_.advance(std::chrono::seconds(1));
      hub.event(std::string(1000, 'x'), std::to_string(i % 2));
    }
  }

  std::vector<std::string> problems_after(const char* sql) const {
    {
      auto database = Database::open({directory_ + "/log.db", {}, Synchronous::kFull, false});
      REQUIRE(database);
      REQUIRE((*database)->run(sql));
    }
    auto report = check_directory(directory_);
    if (!report) FAIL(report.error().text);
    return std::move(report)->problems;
  }

 private:
  test::TemporaryDirectory root_;
  test::ManualClock clock_;
  std::string directory_ = root_.file("data");
};

TEST_CASE("A check finds what is wrong with what is kept of parts", "[journal][check]") {
  struct Case {
    const char* sql;
    std::vector<std::string> problems;
  };
  const auto& [sql, problems] = GENERATE(
      Case{"SELECT 1", {}}, Case{"DELETE FROM parts WHERE first > 10", {}},
      Case{"UPDATE parts SET crc = 7 WHERE first = 4", {"part 4: its row has a wrong checksum"}},
      Case{"UPDATE parts SET pairs = x'' WHERE first = 19",
           {"part 19: its row has a wrong checksum"}},
      Case{"DELETE FROM parts WHERE first = 4", {"events 4 to 6 are in no part"}},
      Case{"DELETE FROM log WHERE first = 9",
           {"chunk 10: sequences 9 to 9 are missing before it",
            "part 7 to 9: its row tells of other events than its chunks hold"}},
      Case{"UPDATE log SET chunk = x'00' WHERE first = 9",
           {"chunk 9: a chunk of the log is "
            "damaged: it is cut off"}},
      Case{"DROP TABLE parts; PRAGMA user_version = 1", {}});
  CAPTURE(sql);
  const InParts directory;
  CHECK(directory.problems_after(sql) == problems);
}

TEST_CASE("A check of a log whose oldest part is cut by retention finds nothing",
          "[journal][check]") {
  const InParts directory(20);
  CHECK(directory.problems_after("SELECT 1").empty());
}

}  // namespace
}  // namespace sse::journal
