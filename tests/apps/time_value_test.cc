#include "cli/time_value.h"

#include <cstdlib>
#include <ctime>
#include <utility>

#include "sse/base/time_text.h"

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

TEST_CASE("A bare number is not a time", "[cli]") {
  for (const auto* text : {"", "5", "@", "@1.", "@-x", "@1.2.3", "@1e9", "@ 1", "tomorrow",
                           "2026-02-30", "2026-1", "-5", "2026-01-31 12"}) {
    CAPTURE(text);
    const auto time = parse_time(text, kNow);
    REQUIRE_FALSE(time);
    CHECK_THAT(time.error().text, Catch::Contains("is not a time"));
  }
}

TEST_CASE("People write times of this machine's clock", "[cli]") {
  ::setenv("TZ", "Europe/Berlin", 1);
  ::tzset();
  const WallTime noon = *parse_rfc3339("2026-07-01T12:00:00Z");
  const std::pair<const char*, const char*> cases[] = {
      {"now", "2026-07-01T12:00:00Z"},
      {"today", "2026-06-30T22:00:00Z"},
      {"yesterday", "2026-06-29T22:00:00Z"},
      {"-1h", "2026-07-01T11:00:00Z"},
      {"2026-11-28", "2026-11-27T23:00:00Z"},
      {"2026-11-28 06:00", "2026-11-28T05:00:00Z"},
      {"2026-11-28 06:00:30", "2026-11-28T05:00:30Z"},
      {"1970-01-02", "1970-01-01T23:00:00Z"}};
  for (const auto& [text, utc] : cases) {
    CAPTURE(text);
    const auto time = parse_time(text, noon);
    REQUIRE(time);
    CHECK(format_rfc3339(*time) == utc);
  }
  ::unsetenv("TZ");
  ::tzset();
}

TEST_CASE("A time that is out of range is said to be", "[cli]") {
  for (const auto* text : {"@-1", "@99999999999", "@9214646400", "@99999999999999999999", "30000d",
                           "16000w", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"}) {
    CAPTURE(text);
    const auto time = parse_time(text, kNow);
    REQUIRE_FALSE(time);
    CHECK_THAT(time.error().text, Catch::Contains("is out of range"));
  }
  CHECK(parse_time("@9214646399.9999999999", kNow));
}

}  // namespace
}  // namespace sse::cli
