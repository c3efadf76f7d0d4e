#include "sse-serve/watchdog.h"

#include "support/catch.h"
#include "support/manual_clock.h"

namespace sse::serve {
namespace {

TEST_CASE("All loops turn only when each has answered", "[serve][service]") {
  const test::ManualClock clock;
  const auto loops = net::LoopPool::open(clock, 2);
  REQUIRE(loops);
  auto& pool = **loops;
  Watchdog watchdog(pool);
  CHECK(watchdog.all_loops_turn());
  CHECK_FALSE(watchdog.all_loops_turn());
  pool[0].turn();
  CHECK_FALSE(watchdog.all_loops_turn());
  pool[1].turn();
  CHECK(watchdog.all_loops_turn());
  pool[0].turn();
  CHECK_FALSE(watchdog.all_loops_turn());
}

}  // namespace
}  // namespace sse::serve
