#include "sse-sub/selection.h"

#include "support/catch.h"

using sse::sub::Condition;
using sse::sub::Selection;

namespace {

/// Whether `--where condition` takes an event with this data.
bool takes(const std::string& condition, const std::string& data) {
  CAPTURE(condition, data);
  Selection selection;
  REQUIRE(selection.where({condition}));
  return selection.takes({"", "message", "", data});
}

std::string complaint(const std::string& condition) {
  const auto parsed = Condition::parse(condition);
  return parsed ? "" : parsed.error().text;
}

}  // namespace

TEST_CASE("Numbers compare as numbers", "[apps][selection]") {
  const std::string data = R"({"value":90.5})";
  for (const char* holds : {"/value > 90", "/value>90", "/value >= 90.5", "/value < 1e2",
                            "/value <= 90.50", "/value == 9.05e1", "/value != 90", "/value"}) {
    CHECK(takes(holds, data));
  }
  for (const char* fails : {"/value > 90.5", "/value < 90.5", "/value == 90", "/value != 90.5",
                            "/value >= 91", "/value <= -91", "/other", "/other != 1"}) {
    CHECK_FALSE(takes(fails, data));
  }
  CHECK(takes("/v > 9", R"({"v":10})"));
  CHECK(takes("/v == 9007199254740993", R"({"v":9007199254740993})"));
  CHECK_FALSE(takes("/v == 9007199254740993", R"({"v":9007199254740992})"));
  CHECK(takes("/v > 1e308", R"({"v":1.5e308})"));
  CHECK(takes("/v > 9007199254740993", R"({"v":12345678901234567890})"));
  CHECK(takes("/v == 0", R"({"v":1e-999})"));
}

TEST_CASE("Strings compare as text", "[apps][selection]") {
  const std::string data = R"({"state":"up \"again\"","level":"10"})";
  for (const char* holds :
       {R"(/state == "up \"again\"")", "/state =~ ^up", "/state =~ \"^up \"", "/state > tom",
        "/state != up", "/level == \"10\"", "/level < \"9\"", "/level =~ ^\\d+$"}) {
    CHECK(takes(holds, data));
  }
  CHECK_FALSE(takes("/state == up", data));
  CHECK_FALSE(takes("/state =~ ^again", data));
}

TEST_CASE("Another type is another value, and has no order", "[apps][selection]") {
  const std::string data = R"({"n":5,"s":"5","t":true,"z":null,"o":{"a":1},"l":[3]})";
  for (const char* holds :
       {"/n != \"5\"", "/s != 5", "/t == true", "/t != false", "/z == null", "/z", "/o", "/o != 1",
        "/o/a == 1", "/l/0 == 3", "/n =~ ^5$", "/t =~ tr", "/o =~ \"a\"", "/t != \"true\""}) {
    CHECK(takes(holds, data));
  }
  for (const char* fails : {"/n == \"5\"", "/s == 5", "/s > 4", "/n < \"6\"", "/z == false",
                            "/o == 1", "/z != null", "/l/1 != 3"}) {
    CHECK_FALSE(takes(fails, data));
  }
}

TEST_CASE("Data that is not JSON never matches, and a bare value is the whole",
          "[apps][selection]") {
  CHECK_FALSE(takes("/value != 1", "value"));
  CHECK_FALSE(takes("!= 1", "{\"value\":"));
  CHECK(takes("> 4", "5"));
  CHECK(takes("== up", "\"up\""));
  CHECK(takes("\"/a b\" == 1", R"({"a b":1})"));
  CHECK(takes("\"/a>b\" == 1", R"({"a>b":1})"));
}

TEST_CASE("A condition that is wrong says where and what was expected", "[apps][selection]") {
  const std::pair<const char*, const char*> rows[] = {
      {"", "column 1: expected a JSON Pointer"},
      {"value > 1", "column 1: \"value\" is not a JSON Pointer"},
      {"/value >", "column 9: expected a value"},
      {"/value = 3", "column 8: expected =="},
      {"/value ~ 3", "column 8: expected =="},
      {"/\xC3\xA9 ! 3", "column 4: expected =="},
      {"/a == 1 && /b == 2", "column 7: expected one number, word or"},
      {"/a == \"open", "column 7: expected one JSON string"},
      {"/a == \"x\" y", "column 7: expected one JSON string"},
      {"/a < true", "column 6: true is neither more nor less"},
      {"/a == {}", "column 7: objects and lists"},
      {"/a =~ (", "column 7: \"(\" is not a regular expression"},
      {"\"/a == 1", "column 1: expected a JSON string"}};
  for (const auto& [condition, text] : rows) {
    CAPTURE(condition);
    CHECK(complaint(condition).find(text) != std::string::npos);
  }
}

TEST_CASE("Everything that was asked for must hold", "[apps][selection]") {
  Selection selection;
  CHECK(selection.takes({"", "metric_created", "", ""}));
  REQUIRE(selection.exclude({"metric_*", "deploy"}));
  REQUIRE(selection.grep("err|warn"));
  REQUIRE(selection.where({"/n > 1", "/n < 5"}));
  CHECK(selection.takes({"", "log", "", R"({"n":3,"t":"err"})"}));
  CHECK_FALSE(selection.takes({"", "metric_created", "", R"({"n":3,"t":"err"})"}));
  CHECK_FALSE(selection.takes({"", "deploy", "", R"({"n":3,"t":"err"})"}));
  CHECK_FALSE(selection.takes({"", "log", "", R"({"n":3,"t":"info"})"}));
  CHECK_FALSE(selection.takes({"", "log", "", R"({"n":9,"t":"err"})"}));
}

TEST_CASE("A pattern takes time linear in the data", "[apps][selection]") {
  // std::regex overflows the stack here, and a backtracking one takes 2^100 steps.
  Selection selection;
  REQUIRE(selection.grep("^(a*)*(a|aa)+$"));
  CHECK_FALSE(selection.takes({"", "message", "", std::string(1'000'000, 'a') + "!"}));
  CHECK(selection.takes({"", "message", "", std::string(1'000'000, 'a')}));
}

TEST_CASE("A stream without a server is filtered as a server does it", "[apps][selection]") {
  Selection selection;
  REQUIRE(selection.only({"de*"}, {"ci/#"}));
  CHECK(selection.takes({"", "deploy", "ci/api", ""}));
  CHECK_FALSE(selection.takes({"", "build", "ci/api", ""}));
  CHECK_FALSE(selection.takes({"", "deploy", "other", ""}));
}
