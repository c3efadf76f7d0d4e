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

TEST_CASE("A reading of a draft gets its id and its time when it is added, or is not added",
          "[domain]") {
  Fixture f;
  const auto draft = f.store.draft_readings();
  const WallTime now = f.clock.now().wall;
  const WallTime then{std::chrono::seconds(5)};
  const auto add = [&](const NewReading& wanted, std::size_t slot) {
    return draft_reading(wanted, now, f.random, *draft, slot);
  };
  CHECK(add({kMetric, 1, {}}, 0));
  CHECK(add({kMetric, kNaN, {}}, 1).error().code == ErrorCode::kInvalid);
  CHECK(add({f.store.unknown, 2, {}}, 2));
  CHECK(add({kMetric, 3, then}, 3));
  CHECK(draft->size() == 3);
  CHECK(f.store.readings.empty());
  std::vector<std::size_t> kept;
  const auto take = [&](std::size_t slot, const Result<Uuid>& outcome) {
    if (slot == 2) CHECK(outcome.error().code == ErrorCode::kNotFound);
    if (outcome) kept.push_back(slot);
  };
  REQUIRE(draft->publish(take, test::kNever));
  CHECK(kept == std::vector<std::size_t>{0, 3});
  REQUIRE(f.store.readings.size() == 2);
  CHECK(f.store.readings[0].timestamp == now);
  CHECK(f.store.readings[1].timestamp == then);
  CHECK(f.store.readings[0].id != f.store.readings[1].id);
}

}  // namespace
}  // namespace sse::domain
