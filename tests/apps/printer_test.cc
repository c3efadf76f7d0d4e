#include "sse-sub/printer.h"

#include "support/catch.h"

using sse::sub::Color;
using sse::sub::Format;
using sse::sub::Printer;
using sse::sub::Replay;
using sse::sub::Target;

namespace {

std::string print(Format format, Target target, std::string data) {
  std::string out;
  Printer(format, {target, Color::kNo, '\n'})
      .print({{"7", "message", "", std::move(data)}, Replay::kYes}, out);
  return out;
}

std::string json_data(std::string data, Target target = Target::kFile) {
  const std::string out = print(Format::kJson, target, std::move(data));
  const auto start = out.find("\"data\":") + 7;
  return out.substr(start, out.find(",\"time\":") - start);
}

}  // namespace

TEST_CASE("On a terminal, what it would obey is shown as an escape", "[apps][printer]") {
  const std::string hostile = "a\x1b[2J\tb\x7f\xC2\x9B\n\rc\xC3\xA9";
  CHECK(print(Format::kData, Target::kTerminal, hostile) ==
        "a\\x1b[2J\tb\\x7f\\x9b\n\\x0dc\xC3\xA9\n");
  CHECK(print(Format::kData, Target::kFile, hostile) == hostile + "\n");
  CHECK(json_data("\xC2\x9B!", Target::kTerminal) == "\"\\u009b!\"");
  CHECK(json_data("\xC2\x9B!") == "\"\xC2\x9B!\"");
}

TEST_CASE("JSON data stays as it was sent, on one line", "[apps][printer]") {
  for (const char* json :
       {"1.50", "12345678901234567890", "null", "\"x\"", "[1, 2]", "{\"a\":{\"b\":[]}}"}) {
    CHECK(json_data(json) == json);
  }
  CHECK(json_data("{\"a\":\n1,\r\n\"b\":2}") == "{\"a\": 1,  \"b\":2}");
}

TEST_CASE("Data that is not JSON is a string", "[apps][printer]") {
  CHECK(json_data("") == "\"\"");
  CHECK(json_data("hello") == "\"hello\"");
  CHECK(json_data("say \"hi\"\n\\") == "\"say \\\"hi\\\"\\n\\\\\"");
  CHECK(json_data("{\"a\":1} x") == "\"{\\\"a\\\":1} x\"");
  CHECK(json_data("NaN") == "\"NaN\"");
  CHECK(json_data("01") == "\"01\"");
  CHECK(json_data("\"\xFF\"") == "\"\\\"\xEF\xBF\xBD\\\"\"");
}

TEST_CASE("A stream that is printed as one reads back the same", "[apps][printer]") {
  std::string out;
  Printer printer(Format::kSse, {});
  printer.print({{"", "deploy", "a/b", "x\n\ny\n"}, Replay::kNo}, out);
  CHECK(out == "event: deploy\ntopic: a/b\ndata: x\ndata: \ndata: y\ndata: \n\n");
}

TEST_CASE("A record may end with NUL", "[apps][printer]") {
  for (const auto format : {Format::kData, Format::kJson, Format::kTsv}) {
    std::string out;
    Printer printer(format, {Target::kFile, Color::kNo, '\0'});
    printer.print({{"", "deploy", "a/b", "x\ny"}, Replay::kNo}, out);
    CHECK(out.back() == '\0');
  }
}

TEST_CASE("Columns and variables are one line each", "[apps][printer]") {
  std::string out;
  const sse::wire::ReceivedEvent event{"019bbf0e-6400-7000-8000-000000000001", "deploy", "a/b",
                                       "it's\n\ttwo"};
  Printer(Format::kTsv, {}).print({event, Replay::kNo}, out);
  CHECK(out ==
        "019bbf0e-6400-7000-8000-000000000001\t2026-01-15T00:29:10.016Z\tdeploy\ta/b\t"
        "it's\\n\\ttwo\t\n");
  out.clear();
  Printer(Format::kShell, {}).print({event, Replay::kYes}, out);
  CHECK(out ==
        "SSE_EVENT_ID='019bbf0e-6400-7000-8000-000000000001' SSE_EVENT_TYPE='deploy' "
        "SSE_EVENT_TOPIC='a/b' SSE_EVENT_TIME='2026-01-15T00:29:10.016Z' "
        "SSE_EVENT_METRIC='' SSE_EVENT_REPLAY='true' "
        "SSE_EVENT_DATA=$(printf -- 'it'\\''s\\012\ttwo.'); SSE_EVENT_DATA=${SSE_EVENT_DATA%.}\n");
}

TEST_CASE("Pretty is for people: escapes everywhere, colour when asked for", "[apps][printer]") {
  const auto pretty = [](Color color, std::string topic, std::string data) {
    std::string out;
    Printer(Format::kPretty, {Target::kFile, color, '\n'})
        .print({{"", "de\x1Bploy", std::move(topic), std::move(data)}, Replay::kNo}, out);
    return out;
  };
  CHECK(pretty(Color::kNo, "", "a\x1B[2J\nb") ==
        "--:--:--.--- de\\x1bploy a\\x1b[2J\n             b\n");
  CHECK(pretty(Color::kNo, "a/b", "{\"k\":\n[1, \"\xC2\x9B\", true]}") ==
        "--:--:--.--- de\\x1bploy a/b {\"k\": [1, \"\\u009b\", true]}\n");
  CHECK(pretty(Color::kYes, "a/b", "{\"k\" : [-1.5, \"v\", null]}") ==
        "\x1B[2m--:--:--.---\x1B[0m \x1B[1;36mde\\x1bploy\x1B[0m \x1B[35ma/b\x1B[0m "
        "{\x1B[34m\"k\"\x1B[0m : [\x1B[33m-1.5\x1B[0m, \x1B[32m\"v\"\x1B[0m, "
        "\x1B[1mnull\x1B[0m]}\n");
}
