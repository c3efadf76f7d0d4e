#include "sse/base/quantities.h"

#include <utility>

#include "support/catch.h"

namespace sse {
namespace {

using std::chrono::nanoseconds;

TEST_CASE("A duration reads as people write it", "[base][quantities]") {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"0", 0},
      {"0s", 0},
      {"500ms", 500'000'000},
      {"60s", 60'000'000'000},
      {"60", 60'000'000'000},
      {"1.5", 1'500'000'000},
      {"1m30s", 90'000'000'000},
      {"1.5h", 5'400'000'000'000},
      {"2d", 172'800'000'000'000},
      {"1w", 604'800'000'000'000},
      {"1h1ns", 3'600'000'000'001},
      {"5us", 5'000},
      {"5\u00B5s", 5'000},
      {"5\u03BCs", 5'000},
      {"1ms2\u00B5s3ns", 1'002'003},
      {"0.000000001s", 1},
      {"0.1s", 100'000'000},
      {"1.10ms", 1'100'000},
      {"9223372036854775807ns", 9223372036854775807},
  };
  for (const auto& [text, ns] : cases) {
    CAPTURE(text);
    const auto read = parse_duration(text);
    REQUIRE(read);
    CHECK(read->count() == ns);
  }
}

TEST_CASE("Digits of a duration are exact where a double would round", "[base][quantities]") {
  CHECK(parse_duration("9007199254740993ns")->count() == 9007199254740993);
  CHECK(parse_duration("9007199.254740993s")->count() == 9007199254740993);
}

TEST_CASE("A text that is not a duration is refused", "[base][quantities]") {
  for (const auto* text : {"",         " ",           "s",       "abc",
                           "-1s",      "+1s",         "1 s",     "1S",
                           "1M",       "1.",          "1.s",     ".5s",
                           "1h30",     "30s1m",       "1s1s",    "1e3",
                           "1s ",      "1,5s",        "0.5ns",   "0.0000000001s",
                           "300w300w", "1us1\u00B5s", "1\u00B5", "99999999999999999999x",
                           "0x1s"}) {
    CAPTURE(text);
    const auto read = parse_duration(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::kInvalid);
    CHECK(read.error().text.find("1m30s") != std::string::npos);
  }
}

TEST_CASE("A duration or size that is out of range is said to be", "[base][quantities]") {
  for (const auto* text : {"9223372036854775808ns", "99999999999999999999s", "16000w"}) {
    CAPTURE(text);
    CHECK(parse_duration(text).error().code == ErrorCode::kTooLarge);
    CHECK_THAT(parse_duration(text).error().text, Catch::EndsWith("expected at most 106751d"));
  }
  for (const auto* text : {"18446744073709551616", "16777216T", "99999999999999999999k"}) {
    CAPTURE(text);
    CHECK_THAT(parse_size(text).error().text, Catch::Contains("is out of range"));
  }
}

TEST_CASE("A refused text is shown escaped and cut", "[base][quantities]") {
  CHECK(parse_duration("1\n\x1b[2J").error().text.find("\"1\\x0a\\x1b[2J\"") == 0);
  CHECK(parse_duration(std::string(100'000, 'x')).error().text.size() < 250);
}

TEST_CASE("A printed duration reads back as the same", "[base][quantities]") {
  CHECK(format_duration(nanoseconds(0)) == "0s");
  CHECK(format_duration(std::chrono::seconds(90)) == "1m30s");
  CHECK(format_duration(std::chrono::milliseconds(500)) == "500ms");
  CHECK(format_duration(std::chrono::hours(336)) == "14d");
  CHECK(format_duration(std::chrono::seconds(-1)) == "-1s");
  for (const std::int64_t ns : {1LL, 999LL, 1'000'001LL, 86'399'999'999'999LL, INT64_MAX + 0LL}) {
    CAPTURE(ns);
    CHECK(parse_duration(format_duration(nanoseconds(ns)))->count() == ns);
  }
}

TEST_CASE("A size reads with powers of 1024 and, written kB, of 1000", "[base][quantities]") {
  const std::pair<const char*, std::uint64_t> cases[] = {
      {"0", 0},           {"65536", 65536},
      {"64k", 65536},     {"64K", 65536},
      {"8M", 8388608},    {"1G", 1073741824},
      {"1.5k", 1536},     {"64KiB", 65536},
      {"2MiB", 2097152},  {"64kB", 64000},
      {"8MB", 8000000},   {"100B", 100},
      {"1T", 1ULL << 40}, {"18446744073709551615", UINT64_MAX},
  };
  for (const auto& [text, bytes] : cases) {
    CAPTURE(text);
    const auto read = parse_size(text);
    REQUIRE(read);
    CHECK(*read == bytes);
  }
  for (const auto* text : {"", "k", "-1", "1 k", "1m", "1g", "1kb", "1Mb", "0.3", "1.0001k", "1kk",
                           "18446744073709551616", "16777216T", "NaN", "1e6"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("A printed size reads back as the same", "[base][quantities]") {
  CHECK(format_size(0) == "0");
  CHECK(format_size(1000) == "1000");
  CHECK(format_size(65536) == "64k");
  CHECK(format_size(256ULL << 20) == "256M");
  CHECK(format_size(3ULL << 40) == "3T");
  for (const std::uint64_t bytes : {std::uint64_t{1}, std::uint64_t{1536}, UINT64_MAX}) {
    CHECK(*parse_size(format_size(bytes)) == bytes);
  }
}

TEST_CASE("A rate is events a second", "[base][quantities]") {
  CHECK(*parse_rate("200/s") == 200);
  CHECK(*parse_rate("200") == 200);
  CHECK(*parse_rate("30/m") == 0.5);
  CHECK(*parse_rate("1800/h") == 0.5);
  CHECK(*parse_rate("0.5/s") == 0.5);
  for (const auto* text :
       {"", "/s", "0", "0/s", "-1/s", "1/", "1/d", "1 /s", "inf", "nan", "1e3"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rate(text));
  }
}

}  // namespace
}  // namespace sse
