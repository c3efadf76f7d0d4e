// Times that sse-sub prints.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "commands/sub_stage.h"

namespace sse::test {
namespace {

constexpr char kNoon[] = "019c13ec-9e00-7000-8000-000000000001";   // 2026-01-31T12:00:00.000Z
constexpr char kTenth[] = "019c13ec-9e64-7000-8000-000000000001";  // a tenth of a second later
constexpr char kLastYear[] = "e677d21f-dbff-7000-8000-000000000001";
constexpr char kBeyond[] = "ffffffff-ffff-7fff-bfff-ffffffffffff";  // in the year 10889

/// What is printed of an event with this id.
std::string printed(const std::string& id, std::vector<std::string> options) {
  SubStage stage;
  options.emplace_back("-C1");
  auto sub = stage.start(options);
  const auto stream = stage.server.accept_stream("id: " + id + "\ndata: x\n\n");
  CHECK(sub.wait() == 0);
  return sub.out();
}

TEST_CASE("The time of an event always has three digits of a second", "[commands][sub][time]") {
  CHECK(printed(kNoon, {"-F", "%{time}"}) == "2026-01-31T12:00:00.000Z\n");
  CHECK(printed(kTenth, {"-F", "%{time}"}) == "2026-01-31T12:00:00.100Z\n");
  for (const std::string format : {"json", "tsv", "shell"}) {
    CHECK_THAT(printed(kTenth, {"-o", format}), Catch::Contains("2026-01-31T12:00:00.100Z"));
  }
  CHECK(printed(kTenth, {"-x", "echo $SSE_EVENT_TIME"}) == "2026-01-31T12:00:00.100Z\n");
}

TEST_CASE("The time of an id is printed as far as RFC 3339 reaches", "[commands][sub][time]") {
  CHECK(printed("00000000-0000-7000-8000-000000000001", {"-F", "%{time}"}) ==
        "1970-01-01T00:00:00.000Z\n");
  CHECK(printed(kLastYear, {"-F", "%{time}"}) == "9999-12-31T23:59:59.999Z\n");
  CHECK(printed(kBeyond, {"-F", "[%{time}]"}) == "[]\n");
  CHECK_THAT(printed(kBeyond, {"-o", "json"}), Catch::Contains("\"time\":null"));
}

TEST_CASE("An event whose id is beyond nanoseconds is past --until", "[commands][sub][time]") {
  SubStage stage;
  auto sub = stage.start({"--until=2261-12-31T23:59:59Z"});
  const auto stream = stage.server.accept_stream("id: " + std::string(kBeyond) + "\ndata: x\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out().empty());
}

TEST_CASE("Times of --status and of --show-cursor have three digits", "[commands][sub][time]") {
  SubStage stage;
  auto sub = stage.start({"--status=json", "--cursor-file=place", "-C1"});
  const auto stream = stage.server.accept_stream("id: 1\ndata: x\n\n");
  CHECK(sub.wait() == 0);
  CHECK_THAT(sub.err(),
             Catch::Matches("(?:.|\n)*\"time\":\"[-0-9]+T[:0-9]+\\.[0-9]{3}Z\"(?:.|\n)*"));
  auto shown = stage.start({"--cursor-file=place", "--show-cursor"});
  CHECK(shown.wait() == 0);
  CHECK_THAT(shown.out(), Catch::Matches("(?:.|\n)*time [-0-9]+T[:0-9]+\\.[0-9]{3}Z\n(?:.|\n)*"));
}

TEST_CASE("The option --since takes the times of people, and tells the hub in RFC 3339",
          "[commands][sub][time]") {
  for (const auto& [given, sent] : std::vector<std::pair<std::string, std::string>>{
           {"2026-01-31", "2026-01-31T00%3A00%3A00.000000000Z"},
           {"2026-01-31 06:30", "2026-01-31T06%3A30%3A00.000000000Z"},
           {"5m", "5m"},
           {"today", "T00%3A00%3A00.000000000Z"}}) {
    SubStage stage;
    stage.environment.push_back("TZ=UTC");
    auto sub = stage.start({"--since", given, "-C0"});
    const auto stream = stage.server.accept_stream();
    CHECK_THAT(stream.target(), Catch::EndsWith(sent));
    CHECK(sub.wait() == 0);
  }
}

}  // namespace
}  // namespace sse::test
