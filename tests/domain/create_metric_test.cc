#include "sse/domain/create_metric.h"

#include "domain/recording_store.h"
#include "support/at_once.h"
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

Result<CreatedMetric> create(Fixture& f, const NewMetric& wanted) {
  return test::known(create_metric(f.ports, wanted, test::kNever));
}

TEST_CASE("A created metric has an id that says when", "[domain]") {
  Fixture f;
  const auto created = create(f, {"cpu", std::chrono::seconds(1)});
  REQUIRE(created);
  REQUIRE(f.store.metrics.size() == 1);
  CHECK(f.store.metrics[0] == created->metric);
  CHECK(created->metric.name == "cpu");
  CHECK(created->metric.input_frequency == std::chrono::seconds(1));
  CHECK(created->metric.id.high >> 16 == 1'800'000'000'000U);  // the clock's milliseconds
}

TEST_CASE("A created metric has the unit that was said, or none", "[domain]") {
  Fixture f;
  NewMetric wanted{"disk"};
  wanted.unit = "bytes";
  REQUIRE(create(f, wanted));
  REQUIRE(create(f, {"cpu"}));
  CHECK(f.store.metrics[0].unit == "bytes");
  CHECK(f.store.metrics[1].unit.empty());
}

TEST_CASE("Two metrics of one name have different ids", "[domain]") {
  Fixture f;
  REQUIRE(create(f, {"cpu"}));
  REQUIRE(create(f, {"cpu"}));
  CHECK(f.store.metrics[0].id != f.store.metrics[1].id);
}

TEST_CASE("A metric against a rule never reaches the store", "[domain]") {
  Fixture f;
  CHECK_FALSE(create(f, {""}));
  CHECK_FALSE(create(f, {"cpu", std::chrono::seconds(-1)}));
  CHECK_FALSE(create(f, {"cpu", {}, WhenNameExists::kCreateAnother, "\n"}));
  CHECK(f.store.metrics.empty());
}

TEST_CASE("What to do when the name exists is the store's to decide, in one step", "[domain]") {
  Fixture f;
  REQUIRE(create(f, {"cpu", {}, WhenNameExists::kReturnExisting}));
  CHECK(f.store.last_when_exists == WhenNameExists::kReturnExisting);
}

}  // namespace
}  // namespace sse::domain
