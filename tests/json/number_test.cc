#include "sse/json/number.h"

#include <string>
#include <vector>

#include "support/catch.h"

namespace sse::json {
namespace {

TEST_CASE("A number is as long as the grammar of JSON has it", "[json]") {
  const std::pair<const char*, std::size_t> cases[] = {
      {"0", 1},    {"-0,", 2}, {"12}", 2},  {"1.50 ", 4}, {"1e5]", 3},  {"-1.5E+10x", 8},
      {"1e-0", 4}, {"01", 1},  {"0123", 1}, {"1-2", 1},   {"1.2.3", 3}, {"", 0},
      {"-", 0},    {"+1", 0},  {".5", 0},   {"1.", 0},    {"1.e5", 0},  {"1e", 0},
      {"1e+", 0},  {"-a", 0},  {"NaN", 0},  {"-.5", 0},   {"0x10", 1}};
  for (const auto& [text, size] : cases) {
    CAPTURE(text);
    CHECK(number_size(text) == size);
  }
}

TEST_CASE("A number past the limit is not measured further", "[json]") {
  const std::string most(kMaxNumberSize, '1');
  CHECK(number_size(most) == kMaxNumberSize);
  CHECK(number_size(most + "1") == kMaxNumberSize + 1);
  CHECK(number_size(most + std::string(1'000'000, '1')) == kMaxNumberSize + 1);
}

TEST_CASE("A number past what a double holds is told from one that is too small", "[json]") {
  const std::string zeros(400, '0');
  for (const auto& past : std::vector<std::string>{
           "1e309", "-1.8e308", "1E+400", "1" + zeros, "1" + zeros + ".5", "0.000001e400",
           "1e99999999999999999999999", "0." + zeros + "1e800", "1" + zeros + "e-50"}) {
    CAPTURE(past);
    REQUIRE(number_size(past) == past.size());
    CHECK(is_past_double(past));
  }
  for (const auto& held : std::vector<std::string>{
           "1.7976931348623157e308", "-5e-324", "1e-999", "0." + zeros + "1", "1" + zeros + "e-400",
           "0." + zeros + "1e400", "0e99999999999999999999999", "0e+999", "0." + zeros + "e999",
           "-0." + zeros + "9", "1e-99999999999999999999999", std::string(308, '9')}) {
    CAPTURE(held);
    REQUIRE(number_size(held) == held.size());
    CHECK_FALSE(is_past_double(held));
  }
}

}  // namespace
}  // namespace sse::json
