#include "sse/domain/create_metric.h"

#include "domain/recording_store.h"
#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"

namespace sse::domain {
namespace {

struct Fixture {
  test::RecordingStore store;
  test::ManualClock clock;
  test::FixedRandom random;
  Ports ports{store, clock, random};
};

TEST_CASE("A created metric has an id that says when", "[domain]") {
  Fixture f;
  const auto created = create_metric(f.ports, {"cpu", std::chrono::seconds(1)});
  REQUIRE(created);
  REQUIRE(f.store.metrics.size() == 1);
  CHECK(f.store.metrics[0] == created->metric);
  CHECK(created->metric.name == "cpu");
  CHECK(created->metric.input_frequency == std::chrono::seconds(1));
  CHECK(created->metric.id.high >> 16 == 1'800'000'000'000U);  // the clock's milliseconds
}

TEST_CASE("Two metrics of one name have different ids", "[domain]") {
  Fixture f;
  REQUIRE(create_metric(f.ports, {"cpu"}));
  REQUIRE(create_metric(f.ports, {"cpu"}));
  CHECK(f.store.metrics[0].id != f.store.metrics[1].id);
}

TEST_CASE("A metric against a rule never reaches the store", "[domain]") {
  Fixture f;
  CHECK_FALSE(create_metric(f.ports, {""}));
  CHECK_FALSE(create_metric(f.ports, {"cpu", std::chrono::seconds(-1)}));
  CHECK(f.store.metrics.empty());
}

TEST_CASE("What to do when the name exists is the store's to decide, in one step", "[domain]") {
  Fixture f;
  REQUIRE(create_metric(f.ports, {"cpu", {}, WhenNameExists::kReturnExisting}));
  CHECK(f.store.last_when_exists == WhenNameExists::kReturnExisting);
}

}  // namespace
}  // namespace sse::domain
