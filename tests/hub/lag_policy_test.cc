// The rule of slowness, line by line.

#include "sse/hub/lag_policy.h"

#include <chrono>
#include <string>
#include <vector>

#include "support/catch.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;

constexpr LagPolicy kPolicy{30s, 1'000};
constexpr LagPolicy kPatient{0s, 1'000};

static_assert(!kPolicy.is_slow({}));

TEST_CASE("A blocked subscriber is slow by time, by bytes once caught up, or when events are lost",
          "[hub][slow]") {
  struct Row {
    std::string what;
    LagPolicy policy;
    Lag lag;
    bool is_slow;
  };
  const std::vector<Row> rows = {
      {"just blocked", kPolicy, {0s, 0, 0, true}, false},
      {"almost too long", kPolicy, {30s - 1ns, 0, 0, true}, false},
      {"too long", kPolicy, {30s, 0, 0, true}, true},
      {"too long in a first replay", kPolicy, {30s, 0, 0, false}, true},
      {"never too long", kPatient, {24h, 0, 0, true}, false},
      {"as far behind as it may be", kPolicy, {0s, 1'000, 0, true}, false},
      {"too far behind", kPolicy, {0s, 1'001, 0, true}, true},
      {"a long first replay", kPolicy, {0s, 1'000'000, 0, false}, false},
      {"too far behind, however patient", kPatient, {0s, 1'001, 0, true}, true},
      {"its next event is gone", kPolicy, {0s, 0, 1, true}, true},
      {"gone in a first replay", kPatient, {0s, 0, 1, false}, true},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(row.policy.is_slow(row.lag) == row.is_slow);
  }
}

}  // namespace
}  // namespace sse::hub
