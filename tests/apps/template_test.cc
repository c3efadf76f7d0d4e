#include "sse-sub/template.h"

#include <stdlib.h>
#include <time.h>

#include "support/catch.h"

using sse::sub::Replay;
using sse::sub::Target;
using sse::sub::Template;

namespace {

const sse::wire::ReceivedEvent kReading{"019bbf0e-6400-7000-8000-000000000001", "reading", "m/cpu",
                                        R"({"value":1.50,"name":"a \"b\"\n","tags":["x", "y"],)"
                                        "\n\"none\":null}"};

std::string filled(const std::string& text, const sse::wire::ReceivedEvent& event = kReading,
                   Target target = Target::kFile) {
  CAPTURE(text);
  const auto made = Template::parse(text);
  REQUIRE(made);
  std::string out;
  made->append({event, Replay::kYes}, target, out);
  return out;
}

}  // namespace

TEST_CASE("A template says each field of an event", "[apps][template]") {
  CHECK(filled("%{id} %{event} %{topic} %{replay}") ==
        "019bbf0e-6400-7000-8000-000000000001 reading m/cpu true");
  CHECK(filled("%{time}") == "2026-01-15T00:29:10.016Z");
  CHECK(filled("%{data}", {"", "message", "", "two\nlines"}) == "two\nlines");
  CHECK(filled("%{/value}|%{/name}|%{/tags}|%{/tags/1}|%{/none}|%{/absent}.") ==
        "1.50|a \"b\"\n|[\"x\", \"y\"]|y|null|.");
  CHECK(filled("100%% \\\\ \\n\\t.") == "100% \\ \n\t.");
  CHECK(filled("") == "");
  CHECK(filled("%{time}%{topic}%{/a}", {"17", "message", "", "no json"}) == "");
  CHECK(filled("%{\"/a|b}\"}", {"", "message", "", R"({"a|b}":7})"}) == "7");
}

TEST_CASE("A time is shown on this machine's clock, in the form asked for", "[apps][template]") {
  ::setenv("TZ", "UTC-2", 1);  // two hours east
  ::tzset();
  CHECK(filled("%{time:%H:%M:%S}") == "02:29:10");
  CHECK(filled("%{time:%Y-%m-%d %H:%M|json}") == "\"2026-01-15 02:29\"");
  CHECK(filled("%{time:}") == "");
  ::unsetenv("TZ");
  ::tzset();
}

TEST_CASE("A time has milliseconds and seconds since 1970 where they are asked for",
          "[apps][template]") {
  CHECK(filled("%{time:%s}.%{time:%3f}") == "1768436950.016");
  CHECK(filled("%{time:%S.%3f %3f}") == "10.016 016");
}

TEST_CASE("A value has a width, and another one stands for what is not there", "[apps][template]") {
  CHECK(filled("[%{event|10}] [%{event|-10}] [%{event|3}]") ==
        "[   reading] [reading   ] [reading]");
  CHECK(filled("[%{data|4}]", {"", "message", "", "\xC3\xA4"}) == "[   \xC3\xA4]");
  CHECK(filled("%{/absent|or=none} %{/value|or=none} %{topic|or=}") == "none 1.50 m/cpu");
  CHECK(filled("%{/absent|or=0|json} %{/absent|or=-|5}") == "\"0\"     -");
  CHECK(filled("%{/value|or=0|json}") == "1.50");
  CHECK_FALSE(Template::parse("%{id|0}"));
  CHECK_FALSE(Template::parse("%{id|5x}"));
  CHECK_FALSE(Template::parse("%{id|100000}"));
}

TEST_CASE("Filters make a value fit for what reads it", "[apps][template]") {
  CHECK(filled("%{/value|json} %{/name|json} %{/none|json} %{/absent|json}") ==
        R"(1.50 "a \"b\"\n" null null)");
  CHECK(filled("%{data|json}") ==
        R"({"value":1.50,"name":"a \"b\"\n","tags":["x", "y"], "none":null})");
  CHECK(filled("%{topic|json} %{replay|json}") == "\"m/cpu\" true");
  CHECK(filled("%{topic|json} %{data|json}", {"", "message", "", "a\"b"}) == R"(null "a\"b")");
  CHECK(filled("%{/tags|sh}") == R"('["x", "y"]')");
  CHECK(filled("%{/name|tsv}") == "a \"b\"\\n");
  CHECK(filled("%{/tags|csv}") == "\"[\"\"x\"\", \"\"y\"\"]\"");
  CHECK(filled("%{/name|json|sh}") == "'\"a \\\"b\\\"\\n\"'");
}

TEST_CASE("What is filled in is never read as a template", "[apps][template]") {
  const std::string hostile = "%{id} %% \\n $(x) %{/value|sh}";
  CHECK(filled("<%{data}>", {"7", "message", "", hostile}) == "<" + hostile + ">");
}

TEST_CASE("On a terminal the values are shown with escapes, the template is not",
          "[apps][template]") {
  CHECK(filled("\\e[1m%{data}\\e[0m", {"", "message", "", "a\x1B[2J\nb"}, Target::kTerminal) ==
        "\x1B[1ma\\x1b[2J\nb\x1B[0m");
}

TEST_CASE("A template that is wrong says where and what was expected", "[apps][template]") {
  const std::pair<const char*, const char*> rows[] = {
      {"50%", "column 3: expected %{FIELD}, or %%"},
      {"a %d", "column 3: expected %{FIELD}"},
      {"%{id", "column 1: the field that begins here has no end"},
      {"x %{type}", "column 5: unknown field \"type\"; expected id, time"},
      {"%{}", "column 3: unknown field \"\""},
      {"%{id:x}", "column 5: only time has a format"},
      {"%{id|shell}", "column 6: unknown filter \"shell\"; expected json, sh"},
      {"%{/a~}", "column 3: \"/a~\" is not a JSON Pointer"},
      {"\xC3\xA9\\x", "column 2: expected \\n"},
      {"a\\", "column 2: expected \\n"}};
  for (const auto& [text, expected] : rows) {
    CAPTURE(text);
    const auto made = Template::parse(text);
    REQUIRE_FALSE(made);
    CHECK(made.error().text.find(expected) != std::string::npos);
  }
}
