#include "sse/api/json_writer.h"

#include <limits>

#include "support/catch.h"

namespace sse::api {
namespace {

std::string number_of(double value) {
  std::string out;
  append_json_number(out, value);
  return out;
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
  append_json_integer(out, std::numeric_limits<std::int64_t>::max());
  CHECK(out == "9223372036854775807");
}

}  // namespace
}  // namespace sse::api
