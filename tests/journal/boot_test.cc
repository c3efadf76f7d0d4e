// What a start makes of a machine that has started again: by how the hub wrote, and how it ended.

#include <string>

#include "journal/durable_log.h"
#include "support/catch.h"

namespace sse::journal {
namespace {

using test::DurableLog;
using Kind = SyncPolicy::Kind;

TEST_CASE("Another boot begins an epoch where what was kept last may not have been on the disk",
          "[journal]") {
  const auto kind = GENERATE(Kind::kAlways, Kind::kEvery, Kind::kOff);
  const bool is_killed = GENERATE(true, false);
  const bool is_other_boot = GENERATE(true, false);
  CAPTURE(kind, is_killed, is_other_boot);
  test::TemporaryDirectory root;
  test::ManualClock clock;
  auto options = DurableLog::options(root.file("data"));
  options.keeper.journal.sync = {kind, std::chrono::seconds(1)};
  options.keeper.journal.boot_id = "one";
  wire::EventId head;
  {
    DurableLog hub(options, clock);
    head = hub.event("x").id;
    if (is_killed) test::copy_files(root.file("data"), root.file("image"));
  }
  if (is_killed) options.keeper.journal.directory = root.file("image");
  if (is_other_boot) options.keeper.journal.boot_id = "another";
  options.seed = 77;
  wire::EventId next;
  {
    DurableLog hub(options, clock);
    CHECK(hub.log.head() == 1);
    next = hub.event("y").id;
  }
  const bool may_have_lost = is_killed && is_other_boot && kind != Kind::kAlways;
  CHECK((next.epoch() != head.epoch()) == may_have_lost);
  CHECK(next.sequence() == 2);
  // It is told once: that start has noted the boot that it was in.
  options.seed = 78;
  DurableLog again(options, clock);
  CHECK(again.journal->loaded().new_epoch.empty());
  CHECK(again.event("z").id.epoch() == next.epoch());
}

}  // namespace
}  // namespace sse::journal
