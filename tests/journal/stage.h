#pragma once

/// \file
/// A directory for lives of a durable log, and what one of them publishes.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sse/journal/database.h"
#include "sse/journal/kept_state.h"

#include "journal/durable_log.h"
#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/temporary_directory.h"

namespace sse::test {

using Lines = std::vector<std::string>;

struct Stage {
  TemporaryDirectory root;
  ManualClock clock;
  std::string directory = root.file("data");
  std::string image = root.file("image");
};

/// The database in `directory`, which no hub uses now.
inline std::unique_ptr<journal::Database> open_database(const std::string& directory) {
  auto database =
      journal::Database::open({directory + "/log.db", {}, journal::Synchronous::kFull, false});
  REQUIRE(database);
  return *std::move(database);
}

inline void run_sql(const std::string& directory, const std::string& statements) {
  REQUIRE(open_database(directory)->run(statements.c_str()));
}

/// Changes what a directory says of itself, with its checksum.
template <typename Change>
void change_state(const std::string& directory, Change change) {
  const auto database = open_database(directory);
  auto kept = journal::KeptState::load(*database);
  REQUIRE(kept);
  journal::State state = kept->state();
  change(state);
  REQUIRE(kept->write(state));
}

inline void publish(DurableLog& hub) {
  for (int i = 0; i < 20; ++i)
    REQUIRE(hub.event("n" + std::to_string(i)).kind == log::Outcome::Kind::kAppended);
  REQUIRE(hub.put(1, "cpu").kind == log::Outcome::Kind::kAppended);
  REQUIRE(hub.put(2, "ram").kind == log::Outcome::Kind::kAppended);
  REQUIRE(hub.put(3, "gone").kind == log::Outcome::Kind::kAppended);
  for (int i = 0; i < 5; ++i)
    REQUIRE(hub.add(1, std::to_string(i)).kind == log::Outcome::Kind::kAppended);
  REQUIRE(hub.add(2, "x").kind == log::Outcome::Kind::kAppended);
  REQUIRE(hub.add(3, "y").kind == log::Outcome::Kind::kAppended);
  REQUIRE(hub.erase(3).kind == log::Outcome::Kind::kAppended);
}

}  // namespace sse::test
