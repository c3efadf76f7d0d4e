#include <string>
#include <vector>

#include "journal/durable_log.h"
#include "support/catch.h"

namespace sse::journal {
namespace {

using test::DurableLog;

TEST_CASE("A start tells after each chunk how far it has read", "[journal]") {
  test::TemporaryDirectory root;
  test::ManualClock clock;
  auto options = DurableLog::options(root.file("data"));
  std::vector<LoadProgress> told;
  options.keeper.journal.on_progress = [&](const LoadProgress& progress) {
    told.push_back(progress);
  };
  {
    DurableLog hub(options, clock);
    for (int i = 0; i < 40; ++i) hub.event(std::string(1000, 'x'));
    CHECK(told.empty());
  }
  options.keeper.log.memory_bytes = 20'000;  // not all of it is read
  const DurableLog hub(options, clock);
  const auto read = hub.journal->loaded().events;
  REQUIRE(read > 10);
  REQUIRE(read < 40);
  REQUIRE(told.size() == read);
  std::uint64_t done = 0;
  for (const auto& progress : told) {
    CHECK(progress.done == ++done);
    CHECK(progress.total == read);
  }
}

}  // namespace
}  // namespace sse::journal
