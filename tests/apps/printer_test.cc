#include "sse-sub/printer.h"

#include "support/catch.h"

using sse::sub::Format;
using sse::sub::Printer;
using sse::sub::Replay;
using Target = sse::sub::Printer::Target;

namespace {

std::string print(Format format, Target target, std::string data) {
  std::string out;
  Printer(format, target).print({"7", "message", "", std::move(data)}, Replay::kYes, out);
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
  Printer printer(Format::kSse, Target::kFile);
  printer.print({"", "deploy", "a/b", "x\n\ny\n"}, Replay::kNo, out);
  CHECK(out == "event: deploy\ntopic: a/b\ndata: x\ndata: \ndata: y\ndata: \n\n");
}
