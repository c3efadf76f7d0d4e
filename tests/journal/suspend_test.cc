// A directory goes to another process, and comes back from one that has not gone on with it.

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "journal/durable_log.h"
#include "journal/stage.h"
#include "support/catch.h"

namespace sse::journal {
namespace {

using test::DurableLog;
using test::publish;
using test::Stage;
using Kind = log::Outcome::Kind;

/// Another process that opens the directory of a hub which was suspended.
struct OtherProcess {
  explicit OtherProcess(Stage& stage) : hub(std::in_place, stage.directory, stage.clock) {}
  std::optional<DurableLog> hub;
};

log::JournalState settled(const DurableLog& hub) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (hub.journal->state() == log::JournalState::kAway &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  return hub.journal->state();
}

TEST_CASE("A suspended journal comes back, also when nothing was ever appended", "[journal]") {
  Stage stage;
  DurableLog hub(stage.directory, stage.clock);
  const bool has_events = GENERATE(false, true);
  if (has_events) publish(hub);
  REQUIRE(hub.journal->suspend(std::chrono::seconds(60)));
  CHECK(hub.event("refused").kind == Kind::kFailed);
  stage.clock.advance(std::chrono::seconds(5));
  REQUIRE(hub.journal->resume());
  REQUIRE(settled(hub) == log::JournalState::kReady);
  CHECK(hub.event("taken").kind == Kind::kAppended);
}

TEST_CASE("A journal whose directory is with another process waits until that has left",
          "[journal]") {
  Stage stage;
  DurableLog hub(stage.directory, stage.clock);
  publish(hub);
  REQUIRE(hub.journal->suspend(std::chrono::seconds(60)));
  OtherProcess other(stage);
  REQUIRE(hub.journal->resume());
  const auto refused = hub.event("too early");
  CHECK(refused.kind == Kind::kFailed);
  CHECK(refused.code == ErrorCode::kUnavailable);
  CHECK(hub.journal->state() == log::JournalState::kAway);
  const bool writes = GENERATE(false, true);
  if (writes) other.hub->event("of the other one");
  other.hub.reset();
  REQUIRE(settled(hub) == (writes ? log::JournalState::kFailed : log::JournalState::kReady));
  CHECK(hub.event("now").kind == (writes ? Kind::kFailed : Kind::kAppended));
  std::promise<Result<std::vector<std::string>>> read;
  hub.journal->read(1, 1, [&](auto result) { read.set_value(std::move(result)); });
  const auto chunks = read.get_future().get();
  REQUIRE(chunks.has_value() == !writes);
  // Not kIo, which is asked for again and again.
  if (writes) CHECK(chunks.error().code == ErrorCode::kUnavailable);
}

TEST_CASE("A journal that waits for its directory can be stopped", "[journal]") {
  Stage stage;
  OtherProcess* other = nullptr;
  std::optional<OtherProcess> owner;
  {
    DurableLog hub(stage.directory, stage.clock);
    publish(hub);
    REQUIRE(hub.journal->suspend(std::chrono::seconds(60)));
    other = &owner.emplace(stage);
    REQUIRE(hub.journal->resume());
    hub.journal->stop(std::chrono::seconds(60));
    CHECK(hub.journal->state() == log::JournalState::kStopped);
  }
  CHECK(other->hub->event("goes on").kind == Kind::kAppended);
}

}  // namespace
}  // namespace sse::journal
