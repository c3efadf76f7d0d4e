#include "cli/time_value.h"

#include "support/catch.h"

namespace sse::cli {
namespace {

constexpr WallTime kNow{std::chrono::seconds(1'800'000'000)};

TEST_CASE("A time is a date, seconds since 1970, or a while ago", "[cli]") {
  CHECK(*parse_time("1970-01-01T00:00:01.5Z", kNow) == WallTime(std::chrono::milliseconds(1500)));
  CHECK(*parse_time("@1700000000.25", kNow) ==
        WallTime(std::chrono::milliseconds(1'700'000'000'250)));
  CHECK(*parse_time("5m", kNow) == kNow - std::chrono::minutes(5));
}

TEST_CASE("A bare number is no time, and nothing is before 1970", "[cli]") {
  for (const auto* text : {"", "5", "@", "@1.", "@-1", "@1.0000000001", "@99999999999", "30000d",
                           "yesterday", "2026-01-31"}) {
    CAPTURE(text);
    const auto time = parse_time(text, kNow);
    REQUIRE_FALSE(time);
    CHECK_THAT(time.error().text, Catch::Contains("is not a time"));
  }
}

}  // namespace
}  // namespace sse::cli
