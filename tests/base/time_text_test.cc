#include "sse/base/time_text.h"

#include <utility>

#include "support/catch.h"

namespace sse {
namespace {

WallTime at(std::int64_t ns) {
  return WallTime(std::chrono::nanoseconds(ns));
}

TEST_CASE("An RFC 3339 time reads with any offset, exact to the nanosecond", "[base][time]") {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-01-31T12:00:00Z", 1769860800'000000000},
      {"2026-01-31t12:00:00z", 1769860800'000000000},
      {"2026-01-31 12:00:00Z", 1769860800'000000000},
      {"2026-01-31T13:00:00.25+01:00", 1769860800'250000000},
      {"2026-01-31T07:00:00.123456789-05:00", 1769860800'123456789},
      {"2024-02-29T00:00:00-00:00", 1709164800'000000000},
      {"1969-12-31T23:30:00-00:30", 0},
      {"2026-01-31T12:00:00.0000000005Z", 1769860800'000000000},
      {"2026-01-31T12:00:00.123456789987654321Z", 1769860800'123456789},
      {"2261-12-31T23:59:59.999999999Z", 9214646399'999999999},
  };
  for (const auto& [text, ns] : cases) {
    CAPTURE(text);
    const auto read = parse_rfc3339(text);
    REQUIRE(read);
    CHECK(read->time_since_epoch().count() == ns);
  }
}

TEST_CASE("A leap second reads as the second after it, where there can be one", "[base][time]") {
  const auto after = parse_rfc3339("2017-01-01T00:00:00Z");
  REQUIRE(after);
  CHECK(*parse_rfc3339("2016-12-31T23:59:60Z") == *after);
  CHECK(*parse_rfc3339("2017-01-01T00:59:60+01:00") == *after);
  CHECK_FALSE(parse_rfc3339("2017-01-01T12:00:60Z"));
}

TEST_CASE("A text that is not an RFC 3339 time is refused", "[base][time]") {
  for (const auto* text : {"",
                           "now",
                           "2026-01-31",
                           "2026-01-31T12:00:00",
                           "2026-01-31T12:00Z",
                           "2026-1-31T12:00:00Z",
                           "2026-02-29T12:00:00Z",
                           "2026-00-10T12:00:00Z",
                           "2026-01-00T12:00:00Z",
                           "2026-01-31T24:00:00Z",
                           "2026-01-31T12:60:00Z",
                           "2026-01-31T12:00:61Z",
                           "2026-01-31T12:00:00.Z",
                           "2026-01-31T12:00:00+0100",
                           "2026-01-31T12:00:00+24:00",
                           "2026-01-31T12:00:00+01:60",
                           "2026-01-31T12:00:00Z ",
                           " 2026-01-31T12:00:00Z",
                           "2026-01-31X12:00:00Z",
                           "+026-01-31T12:00:00Z"}) {
    CAPTURE(text);
    const auto read = parse_rfc3339(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::kInvalid);
  }
}

TEST_CASE("A time of another year is said to be out of range", "[base][time]") {
  for (const auto* text : {"0000-01-01T00:00:00Z", "1969-12-31T23:59:59.9Z", "2262-01-01T00:00:00Z",
                           "9999-12-31T23:59:59Z"}) {
    CAPTURE(text);
    const auto read = parse_rfc3339(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::kTooLarge);
    CHECK_THAT(read.error().text, Catch::EndsWith("out of range: expected a time from 1970 to "
                                                  "2261"));
  }
}

TEST_CASE("A time of a fixed width sorts as text", "[base][time]") {
  using UnixTime = std::chrono::sys_time<std::chrono::milliseconds>;
  CHECK(format_rfc3339_nanos(at(1769860800'250000000)) == "2026-01-31T12:00:00.250000000Z");
  CHECK(format_rfc3339_millis(UnixTime()) == "1970-01-01T00:00:00.000Z");
  CHECK(format_rfc3339_millis(UnixTime(std::chrono::milliseconds(1769860800'250))) ==
        "2026-01-31T12:00:00.250Z");
  CHECK(format_rfc3339_millis(UnixTime(std::chrono::milliseconds(253402300799'999))) ==
        "9999-12-31T23:59:59.999Z");
  CHECK(format_rfc3339_millis(UnixTime(std::chrono::milliseconds(253402300800'000))).empty());
}

TEST_CASE("A time prints in UTC with no more digits than needed", "[base][time]") {
  CHECK(format_rfc3339(at(0)) == "1970-01-01T00:00:00Z");
  CHECK(format_rfc3339(at(1769860800'250000000)) == "2026-01-31T12:00:00.25Z");
  CHECK(format_rfc3339(at(1769860800'000000001)) == "2026-01-31T12:00:00.000000001Z");
  CHECK(format_rfc3339(at(-1'000'000)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("A printed time reads back as the same", "[base][time]") {
  for (const std::int64_t ns : {0LL, 1LL, 1769860800'987654320LL, 9214646399'999999999LL}) {
    CHECK(*parse_rfc3339(format_rfc3339(at(ns))) == at(ns));
  }
}

}  // namespace
}  // namespace sse
