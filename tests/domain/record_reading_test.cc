#include "sse/domain/record_reading.h"

#include <limits>

#include "domain/recording_store.h"
#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"

namespace sse::domain {
namespace {

constexpr Uuid kMetric{7, 7};
const double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Fixture {
  test::RecordingStore store;
  test::ManualClock clock;
  test::FixedRandom random;
  Ports ports{store, clock, random};
};

TEST_CASE("A reading without a time was taken now", "[domain]") {
  Fixture f;
  const auto recorded = record_reading(f.ports, {kMetric, 3, {}});
  REQUIRE(recorded);
  CHECK(recorded->reading.timestamp == f.clock.now().wall);
  CHECK(recorded->event_id == Uuid{2, 1});
  CHECK(f.store.readings == std::vector{recorded->reading});
}

TEST_CASE("A reading keeps the time it was taken at", "[domain]") {
  Fixture f;
  const WallTime then{std::chrono::seconds(5)};
  const auto recorded = record_reading(f.ports, {kMetric, 3, then});
  REQUIRE(recorded);
  CHECK(recorded->reading.timestamp == then);
}

TEST_CASE("A reading against a rule never reaches the store", "[domain]") {
  Fixture f;
  CHECK_FALSE(record_reading(f.ports, {kMetric, kNaN, {}}));
  CHECK_FALSE(record_reading(f.ports, {kMetric, 1, WallTime(std::chrono::seconds(-1))}));
  CHECK(f.store.readings.empty());
}

TEST_CASE("A reading of no metric says so", "[domain]") {
  Fixture f;
  const auto recorded = record_reading(f.ports, {f.store.unknown, 1, {}});
  REQUIRE_FALSE(recorded);
  CHECK(recorded.error().code == ErrorCode::kNotFound);
}

TEST_CASE("Bad readings of a batch lose none of the good ones", "[domain]") {
  Fixture f;
  const std::vector<NewReading> wanted = {
      {kMetric, 1, {}}, {kMetric, kNaN, {}}, {f.store.unknown, 2, {}}, {kMetric, 3, {}}};
  const auto results = record_readings(f.ports, wanted);
  REQUIRE(results.size() == 4);
  REQUIRE(results[0]);
  CHECK(results[0]->reading.value == 1);
  CHECK(results[0]->event_id == Uuid{2, 1});
  REQUIRE_FALSE(results[1]);
  CHECK(results[1].error().code == ErrorCode::kInvalid);
  REQUIRE_FALSE(results[2]);
  CHECK(results[2].error().code == ErrorCode::kNotFound);
  REQUIRE(results[3]);
  CHECK(results[3]->reading.value == 3);
  CHECK(results[3]->event_id == Uuid{2, 2});
  CHECK(f.store.readings.size() == 2);
}

}  // namespace
}  // namespace sse::domain
