// Numbers and times on their way from a command line to the hub and back.

#include <string>
#include <utility>

#include "commands/pub_stage.h"
#include "support/catch.h"
#include "support/program.h"

namespace sse::test {
namespace {

/// What the hub sends of a reading, as `pointer` says, after `words`.
std::string sent_by(const HubProgram& hub, std::vector<std::string> words,
                    const std::string& pointer) {
  words.insert(words.begin(), {"reading", "cpu", "--create"});
  const Ran ran = run_pub(hub.url(), words);
  REQUIRE(ran.status == 0);
  return run_words({"sse-sub", "--since=-1", "-C1", "-F", "%{" + pointer + "}"}, hub.url()).out;
}

TEST_CASE("A reading comes back in the notation of ECMA-262", "[commands][pub][values]") {
  const HubProgram hub;
  for (const auto& [given, sent] :
       std::vector<std::pair<std::string, std::string>>{{"100000", "100000"},
                                                        {"1700000000", "1700000000"},
                                                        {"0.0001", "0.0001"},
                                                        {"0.000001", "0.000001"},
                                                        {"1e-7", "1e-7"},
                                                        {"1e20", "100000000000000000000"},
                                                        {"1e21", "1e+21"},
                                                        {"5e-324", "5e-324"}}) {
    CHECK(sent_by(hub, {given}, "/value") == sent + "\n");
  }
}

TEST_CASE("A reading's time takes the whole of RFC 3339, and seconds since 1970",
          "[commands][pub][values]") {
  const HubProgram hub;
  for (const auto& [given, sent] : std::vector<std::pair<std::string, std::string>>{
           {"2026-01-31t13:00:00.25+01:00", "2026-01-31T12:00:00.25Z"},
           {"2026-01-31T12:00:00.12345678901234Z", "2026-01-31T12:00:00.123456789Z"},
           {"@1769860800.5", "2026-01-31T12:00:00.5Z"},
           {"2261-12-31T23:59:59.999999999Z", "2261-12-31T23:59:59.999999999Z"}}) {
    CHECK(sent_by(hub, {"3", "--time=" + given}, "/timestamp") == sent + "\n");
  }
}

TEST_CASE("A time that is out of range is refused as such", "[commands][pub][values]") {
  for (const std::string time : {"@9214646400", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"}) {
    const Ran ran = run_pub("127.0.0.1:1", {"reading", "cpu", "3", "--time=" + time});
    CHECK(ran.status == 64);
    CHECK_THAT(ran.err, Catch::Contains("is out of range: expected a time from 1970 to 2261"));
  }
}

TEST_CASE("An empty timestamp of a line is now", "[commands][pub][values]") {
  const HubProgram hub;
  const Ran ran = run_pub(hub.url(), {"load", "--create", "-"},
                          "{\"metric\":\"cpu\",\"value\":1,\"timestamp\":\"\"}\n");
  CHECK(ran.err.empty());
  CHECK(ran.status == 0);
}

TEST_CASE("A reading is sent with nine digits of a second", "[commands][pub][values]") {
  const Ran ran =
      run_pub("127.0.0.1:1", {"-n", "reading", "cpu", "3", "--time=2026-01-31T12:00:00.5Z"});
  CHECK_THAT(ran.out, Catch::Contains("2026-01-31T12:00:00.500000000Z"));
}

TEST_CASE("Go's spellings of a microsecond are durations", "[commands][pub][values]") {
  const HubProgram hub;
  for (const std::string unit : {"us", "\u00B5s", "\u03BCs"}) {
    const Ran ran = run_pub(hub.url(), {"metric", "m" + unit, "--every", "1500" + unit});
    CHECK(ran.err.empty());
    CHECK(ran.status == 0);
  }
}

}  // namespace
}  // namespace sse::test
