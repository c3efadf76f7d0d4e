#include "sse/domain/record_reading.h"

#include <limits>

#include "domain/recording_store.h"
#include "support/at_once.h"
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

Result<RecordedReading> record(Fixture& f, const NewReading& wanted) {
  return test::known(record_reading(f.ports, wanted, test::kNever));
}

TEST_CASE("A reading without a time was taken now", "[domain]") {
  Fixture f;
  const auto recorded = record(f, {kMetric, 3, {}});
  REQUIRE(recorded);
  CHECK(recorded->reading.timestamp == f.clock.now().wall);
  CHECK(recorded->event_id == Uuid{2, 1});
  CHECK(f.store.readings == std::vector{recorded->reading});
}

TEST_CASE("A reading keeps the time it was taken at", "[domain]") {
  Fixture f;
  const WallTime then{std::chrono::seconds(5)};
  const auto recorded = record(f, {kMetric, 3, then});
  REQUIRE(recorded);
  CHECK(recorded->reading.timestamp == then);
}

TEST_CASE("A reading against a rule never reaches the store", "[domain]") {
  Fixture f;
  CHECK_FALSE(record(f, {kMetric, kNaN, {}}));
  CHECK_FALSE(record(f, {kMetric, 1, WallTime(std::chrono::seconds(-1))}));
  CHECK(f.store.readings.empty());
}

TEST_CASE("A reading of no metric says so", "[domain]") {
  Fixture f;
  const auto recorded = record(f, {f.store.unknown, 1, {}});
  REQUIRE_FALSE(recorded);
  CHECK(recorded.error().code == ErrorCode::kNotFound);
}

TEST_CASE("Bad readings of a batch lose none of the good ones", "[domain]") {
  Fixture f;
  ReadingSlots slots(5);
  const double values[] = {1, kNaN, 2, 3, 4};
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i].reading = {{}, kMetric, values[i], {}};
  slots[2].reading.metric_id = f.store.unknown;
  slots[3].has_timestamp = true;
  slots[4].error = Error{ErrorCode::kInvalid, "refused before"};
  REQUIRE(record_readings(f.ports, slots, test::kNever));
  REQUIRE_FALSE(slots[0].error);
  CHECK(slots[0].event_id == Uuid{2, 1});
  CHECK(slots[0].reading.timestamp == f.clock.now().wall);
  CHECK(slots[1].error->code == ErrorCode::kInvalid);
  CHECK(slots[2].error->code == ErrorCode::kNotFound);
  REQUIRE_FALSE(slots[3].error);
  CHECK(slots[3].event_id == Uuid{2, 2});
  CHECK(slots[3].reading.timestamp == WallTime());
  CHECK(slots[4].error->text == "refused before");
  CHECK(f.store.readings.size() == 2);
}

}  // namespace
}  // namespace sse::domain
