#include "sse/domain/metric.h"

#include <limits>
#include <string>

#include "sse/domain/reading.h"

#include "support/catch.h"

namespace sse::domain {
namespace {

TEST_CASE("A metric's name is 1 to 200 bytes of text", "[domain]") {
  CHECK(check_metric_name("cpu"));
  CHECK(check_metric_name("température du processeur, 42 °C"));
  CHECK(check_metric_name("data: evil\\n"));
  CHECK(check_metric_name(std::string(200, 'x')));

  CHECK_FALSE(check_metric_name(""));
  CHECK_FALSE(check_metric_name(std::string(201, 'x')));
}

TEST_CASE("A metric's name holds no control character and no broken UTF-8", "[domain]") {
  for (const std::string name : {"a\rb", "a\nb", "a\tb", "\x1b[31m", "\x7f", "a\xc2\x85"}) {
    CHECK_FALSE(check_metric_name(name));
  }
  CHECK_FALSE(check_metric_name(std::string("a\0b", 3)));
  CHECK_FALSE(check_metric_name("\xff"));
  CHECK_FALSE(check_metric_name("\xed\xa0\x80"));  // a surrogate
}

TEST_CASE("A metric's unit is at most 32 bytes of text, or none", "[domain]") {
  for (const std::string unit : {"", "bytes", "°C", "%", "req/s", "m³ je Stunde"}) {
    CHECK(check_metric_unit(unit));
  }
  CHECK(check_metric_unit(std::string(32, 'x')));

  CHECK_FALSE(check_metric_unit(std::string(33, 'x')));
  for (const std::string unit : {"a\nb", "\x1b[31m", "\x7f", "a\xc2\x85", "\xff", "\xed\xa0\x80"}) {
    CHECK_FALSE(check_metric_unit(unit));
  }
}

TEST_CASE("An error of a metric names the field and what was expected", "[domain]") {
  CHECK(check_metric_name("").error().text ==
        "name: expected 1 to 200 bytes of UTF-8 without control characters, got an empty string");
  CHECK(check_metric_name("\n").error().code == ErrorCode::kInvalid);
  CHECK(check_metric_unit(std::string(40, 'x')).error().text ==
        "unit: expected at most 32 bytes of UTF-8 without control characters, got 40 bytes");
  CHECK(check_metric_unit("\n").error().code == ErrorCode::kInvalid);
}

TEST_CASE("An input frequency is not negative", "[domain]") {
  CHECK(check_input_frequency(std::chrono::seconds(0)));
  CHECK(check_input_frequency(std::chrono::nanoseconds::max()));
  CHECK_FALSE(check_input_frequency(std::chrono::nanoseconds(-1)));
}

TEST_CASE("A reading's value is finite", "[domain]") {
  CHECK(check_value(0));
  CHECK(check_value(-0.0));
  CHECK(check_value(std::numeric_limits<double>::lowest()));
  CHECK(check_value(std::numeric_limits<double>::denorm_min()));
  CHECK_FALSE(check_value(std::numeric_limits<double>::infinity()));
  CHECK_FALSE(check_value(-std::numeric_limits<double>::infinity()));
  CHECK_FALSE(check_value(std::numeric_limits<double>::quiet_NaN()));
}

TEST_CASE("A reading's time is not before 1970", "[domain]") {
  CHECK(check_timestamp(WallTime{}));
  CHECK(check_timestamp(WallTime::max()));
  CHECK_FALSE(check_timestamp(WallTime(std::chrono::nanoseconds(-1))));
}

}  // namespace
}  // namespace sse::domain
