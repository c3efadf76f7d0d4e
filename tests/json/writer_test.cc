#include "sse/json/writer.h"

#include <limits>

#include "support/catch.h"

namespace sse::json {
namespace {

std::string number_of(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

TEST_CASE("A number is in fixed notation from 1e-6 to 1e21, as in ECMA-262", "[api][json]") {
  CHECK(number_of(100000) == "100000");
  CHECK(number_of(1700000000) == "1700000000");
  CHECK(number_of(-1e20) == "-100000000000000000000");
  CHECK(number_of(123456789012345680000.0) == "123456789012345680000");
  CHECK(number_of(0.0001) == "0.0001");
  CHECK(number_of(1e-6) == "0.000001");
  CHECK(number_of(-1.2345678901234567e-6) == "-0.0000012345678901234567");
  CHECK(number_of(0) == "0");
}

TEST_CASE("Outside of that it has an exponent, without a leading zero", "[api][json]") {
  CHECK(number_of(1e21) == "1e+21");
  CHECK(number_of(-1.5e21) == "-1.5e+21");
  CHECK(number_of(9.999999e-7) == "9.999999e-7");
  CHECK(number_of(1e-7) == "1e-7");
  CHECK(number_of(1e-10) == "1e-10");
  CHECK(number_of(1e100) == "1e+100");
}

TEST_CASE("A number is written in its shortest form", "[api][json]") {
  CHECK(number_of(3) == "3");
  CHECK(number_of(0.1) == "0.1");
  CHECK(number_of(-0.0) == "-0");
  CHECK(number_of(1e22) == "1e+22");
  CHECK(number_of(5e-324) == "5e-324");
  CHECK(number_of(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
}

TEST_CASE("An integer never goes through a double", "[api][json]") {
  std::string out;
  append_integer(out, std::numeric_limits<std::int64_t>::max());
  CHECK(out == "9223372036854775807");
}

}  // namespace
}  // namespace sse::json
