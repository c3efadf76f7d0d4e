// When what was kept is synced, without the journal's thread.

#include "sse/journal/keeper.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sse/log/append.h"
#include "sse/log/event_log.h"
#include "sse/log/log_follower.h"
#include "sse/log/sequencer.h"

#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"
#include "support/recording_vfs.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

using namespace std::chrono_literals;
using journal::SyncPolicy;

class Kept {
 public:
  explicit Kept(const SyncPolicy& sync, int checkpoint_pages = 1'000) {
    journal::DurableOptions options;
    options.journal.directory = directory_.path();
    options.journal.vfs = disk.name();
    options.journal.reserve = 0;
    options.journal.sync = sync;
    options.journal.checkpoint_pages = checkpoint_pages;
    auto opened = journal::Keeper::open(options, clock, random_);
    REQUIRE(opened);
    keeper = *std::move(opened);
    REQUIRE(keeper->load(follower_));
  }

  void commit() {
    log::Append append(log_.limits());
    append.add({"event", "", "data"});
    log::Sequencer sequencer({});
    sequencer.restart_counted(keeper->origin(), keeper->rows());
    std::vector<log::Entry> entries;
    sequencer.order(append, 0, 1s, entries);
    REQUIRE(keeper->commit(entries, {}, clock.now()));
  }

 private:
  TemporaryDirectory directory_;
  FixedRandom random_;

 public:
  ManualClock clock;
  RecordingVfs disk;

 private:
  log::EventLog log_{{}, clock};
  log::LogFollower follower_{log_, [] {}};

 public:
  std::unique_ptr<journal::Keeper> keeper;
};

TEST_CASE("With a duration what was kept is synced that long after the last sync", "[journal]") {
  Kept kept({SyncPolicy::Kind::kEvery, 1s});
  kept.clock.advance(2s);
  kept.commit();
  const auto syncs = kept.keeper->syncs();
  CHECK(kept.keeper->rest_after() > 10s);
  kept.clock.advance(400ms);
  kept.commit();
  CHECK(kept.keeper->rest_after() == 600ms);
  kept.clock.advance(500ms);
  kept.commit();
  CHECK(kept.keeper->rest_after() == 100ms);
  REQUIRE(kept.keeper->rest(kept.clock.now()));
  CHECK(kept.keeper->syncs() == syncs);
  kept.clock.advance(200ms);
  CHECK(kept.keeper->rest_after() == 0s);
  REQUIRE(kept.keeper->rest(kept.clock.now()));
  CHECK(kept.keeper->syncs() == syncs + 1);
  CHECK(kept.keeper->rest_after() > 10s);
}

TEST_CASE("A sync does not wait for a checkpoint", "[journal]") {
  Kept kept({SyncPolicy::Kind::kEvery, 1s}, 1);
  kept.commit();
  kept.clock.advance(2s);
  const auto syncs = kept.keeper->syncs();
  REQUIRE(kept.keeper->rest(kept.clock.now()));
  CHECK(kept.keeper->syncs() == syncs + 1);
  CHECK(kept.keeper->rest_after() == 0s);  // the checkpoint
  REQUIRE(kept.keeper->rest(kept.clock.now()));
  CHECK(kept.keeper->syncs() == syncs + 3);
  CHECK(kept.keeper->rest_after() > 10s);
}

TEST_CASE("A sync for which there is no room is tried again, not at once", "[journal]") {
  Kept kept({SyncPolicy::Kind::kEvery, 1s});
  kept.commit();
  kept.clock.advance(2s);
  kept.disk.fail(kept.disk.attempts(), DiskFault::kNoSpace);
  CHECK_FALSE(kept.keeper->rest(kept.clock.now()));
  CHECK(kept.keeper->rest_after() == 1s);
  REQUIRE(kept.keeper->rest(kept.clock.now()));
  CHECK(kept.keeper->rest_after() > 10s);
}

}  // namespace
}  // namespace sse::test
