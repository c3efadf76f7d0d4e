#include "sse/json/reader.h"

#include <cmath>
#include <string>

#include "support/catch.h"

namespace sse::json {
namespace {

std::string raw_of(std::string_view text, std::string_view key) {
  Reader reader;
  REQUIRE(reader.read(text) == Outcome::kObject);
  const Member* member = reader.object().find(key);
  REQUIRE(member != nullptr);
  return std::string(member->raw);
}

std::string text_of(std::string_view text, std::string_view key) {
  Reader reader;
  REQUIRE(reader.read(text) == Outcome::kObject);
  return std::string(*reader.object().required_string(key, "a string"));
}

double number_of(std::string_view text) {
  Reader reader;
  REQUIRE(reader.read(text) == Outcome::kObject);
  return *reader.object().required_number("v", "a number");
}

Outcome outcome_of(std::string_view text) {
  Reader reader;
  return reader.read(text);
}

std::string error_of(std::string_view text) {
  Reader reader;
  REQUIRE(reader.read(text) != Outcome::kObject);
  return reader.error().text;
}

std::string repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST_CASE("A value is kept as it was written, without the white space around it", "[api][json]") {
  CHECK(raw_of(R"({"data": 1.10 })", "data") == "1.10");
  CHECK(raw_of(R"({"data":12345678901234567890123})", "data") == "12345678901234567890123");
  CHECK(raw_of(R"({"data":-0,"b":1})", "data") == "-0");
  CHECK(raw_of(R"({"data":1E5})", "data") == "1E5");
  CHECK(raw_of("{\"data\"\n:\t { \"a\" : [ 1.0, 2.50 ] }  ,\"b\":0}", "data") ==
        R"({ "a" : [ 1.0, 2.50 ] })");
  CHECK(raw_of(R"({"a":1,"data":[],"b":{}})", "data") == "[]");
  CHECK(raw_of(R"({"data":true})", "data") == "true");
  CHECK(raw_of(R"({"data":null })", "data") == "null");
  CHECK(raw_of(R"({"data":"a\nb"})", "data") == R"("a\nb")");
  CHECK(raw_of(R"({"data":[{"data":[1,{"x":"]}"}]}]})", "data") == R"([{"data":[1,{"x":"]}"}]}])");
}

TEST_CASE("A string is decoded", "[api][json]") {
  CHECK(text_of(R"({"t":"a\r\nb\u0000c\u2028\ud83d\ude00"})", "t") ==
        std::string("a\r\nb\0c\xe2\x80\xa8\xf0\x9f\x98\x80", 13));
  CHECK(text_of(R"({"t":"\"}],{\\"})", "t") == R"("}],{\)");
  const std::string big(1U << 20U, 'x');
  CHECK(text_of("{\"t\":\"" + big + "\"}", "t") == big);
}

TEST_CASE("A number is read from its own digits", "[api][json]") {
  CHECK(number_of(R"({"v":3})") == 3);
  CHECK(number_of(R"({"v":0.1})") == 0.1);
  CHECK(number_of(R"({"v":18446744073709551616})") == 18446744073709551616.0);
  CHECK(number_of(R"({"v":1.7976931348623157e308})") == 1.7976931348623157e308);
  CHECK(number_of(R"({"v":5e-324})") == 5e-324);
  CHECK(number_of(R"({"v":1e-999})") == 0);
  CHECK(std::signbit(number_of(R"({"v":-0})")));
  CHECK(std::signbit(number_of(R"({"v":-1e-999})")));
}

TEST_CASE("What is not JSON is refused", "[api][json]") {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "}",
                                      "{]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1,}",
                                      "{'a':1}",
                                      "{a:1}",
                                      "nul",
                                      "{\"a\":01}",
                                      "{\"a\":+1}",
                                      "{\"a\":.5}",
                                      "{\"a\":1.}",
                                      "{\"a\":NaN}",
                                      "{\"a\":Infinity}",
                                      "{\"a\":1}x",
                                      "{\"a\":1}{}",
                                      "{\"a\":\"\n\"}",
                                      "{\"a\":\"\\x\"}",
                                      "{} // why"}) {
    CAPTURE(text);
    CHECK(outcome_of(text) == Outcome::kNotJson);
  }
}

TEST_CASE("A NUL byte ends nothing", "[api][json]") {
  CHECK(outcome_of(std::string_view("{\"a\":1}\0garbage", 15)) == Outcome::kNotJson);
  CHECK(outcome_of(std::string_view("{\"a\":1}\0", 8)) == Outcome::kNotJson);
  CHECK(outcome_of(std::string_view("{\"a\":\"x\0y\"}", 11)) == Outcome::kNotJson);
}

TEST_CASE("A byte order mark is refused by its name, and belongs into strings only",
          "[api][json]") {
  Reader reader;
  CHECK(reader.read("\xEF\xBB\xBF{\"a\":1}") == Outcome::kNotJson);
  CHECK(reader.error().text.find("byte order mark") != std::string::npos);
  CHECK(outcome_of(" \xEF\xBB\xBF{\"a\":1}") == Outcome::kNotJson);
  CHECK(outcome_of("{\"a\":\"\xEF\xBB\xBF\"}") == Outcome::kObject);
}

TEST_CASE("Broken UTF-8 and lone surrogates are refused", "[api][json]") {
  for (const std::string_view text :
       {"{\"a\":\"\xff\"}", "{\"a\":\"\xc3\"}", "{\"a\":\"\xc0\xaf\"}", "{\"a\":\"\xed\xa0\x80\"}",
        "{\"a\":\"\xf4\x90\x80\x80\"}", R"({"a":"\ud800"})", R"({"a":"\ud800x"})",
        R"({"a":"\udc00"})", R"({"a":"\ud800\ud800"})"}) {
    CAPTURE(text);
    CHECK(outcome_of(text) == Outcome::kNotJson);
  }
}

TEST_CASE("Deep nesting is refused, not followed", "[api][json]") {
  CHECK(outcome_of(repeat("[", 100'000)) == Outcome::kNotJson);
  CHECK(outcome_of("{\"a\":" + repeat("[", 100'000)) == Outcome::kNotJson);
  CHECK(outcome_of(repeat("{\"a\":", 100'000)) == Outcome::kNotJson);
  CHECK(outcome_of("{\"a\":" + repeat("[", 63) + repeat("]", 63) + "}") == Outcome::kObject);
  CHECK(outcome_of("{\"a\":" + repeat("[", 64) + repeat("]", 64) + "}") == Outcome::kNotJson);
  CHECK(error_of(repeat("[", 65)) == "expected JSON; nested deeper than 64 levels");
}

TEST_CASE("A key that is there twice is refused at every level", "[api][json]") {
  CHECK(error_of(R"({"a":1,"b":2,"a":1})") == R"(the key "a" is there twice; expected it once)");
  CHECK(outcome_of(R"({"a":{"b":1,"b":1}})") == Outcome::kRefused);
  CHECK(outcome_of(R"({"a":[{"b":1,"c":{"d":1,"\u0064":1}}]})") == Outcome::kRefused);
  CHECK(outcome_of(R"({"a":{"b":1},"c":{"b":1},"b":[{"b":1},{"b":1}]})") == Outcome::kObject);
}

TEST_CASE("Broken rules do not hide broken syntax", "[api][json]") {
  CHECK(outcome_of(R"({"a":1,"a":2,)") == Outcome::kNotJson);
  CHECK(outcome_of(R"([1] x)") == Outcome::kNotJson);
}

TEST_CASE("A number that overflows is refused, with its field", "[api][json]") {
  CHECK(error_of(R"({"v":1e999})") == "v: expected a finite number, got one past 1.8e308");
  CHECK(outcome_of(R"({"v":-1e999})") == Outcome::kRefused);
  CHECK(error_of(R"({"data":{"deep":[1e999]}})") ==
        "data: expected a finite number, got one past 1.8e308");
}

TEST_CASE("A number of more than 1,000 characters is refused, with its field", "[api][json]") {
  const std::string most = "0." + std::string(997, '0') + "1";
  CHECK(raw_of("{\"v\":[" + most + "]}", "v") == "[" + most + "]");
  CHECK(error_of("{\"v\":[" + most + "1]}") ==
        "v: expected a number of at most 1000 characters, got a longer one");
  CHECK(outcome_of("{\"v\":" + std::string(1'000'000, '7') + "}") == Outcome::kNotJson);
}

TEST_CASE("An error says where, what was expected, and what is there", "[api][json]") {
  const std::pair<std::string_view, const char*> cases[] = {
      {"nope", "at byte 1: expected a value, got 'n'"},
      {R"({"a" 1})", "at byte 6: expected a colon, got '1'"},
      {R"({a:1})", "at byte 2: expected a key in quotes, got 'a'"},
      {R"({"a":1 "b":2})", "at byte 8: expected a comma or }, got '\"'"},
      {R"({"a":[1;2]})", "at byte 8: expected a comma or ], got ';'"},
      {R"({"a":[1,]})", "at byte 9: expected a value, got ']'"},
      {R"({"a":1}})", "at byte 8: expected the end, got '}'"},
      {R"({"a":1)", "at byte 7: expected more, got the end"},
      {R"({"a":"b)", "at byte 8: expected a quote, got the end"},
      {R"({"a":1.})", "at byte 6: a number lacks a digit"},
      {R"({"a":"\q"})", "at byte 7: not an escape, or half of a surrogate pair"},
      {"{\"a\":\"\n\"}", "at byte 7: a string holds byte 0x0a, which must be escaped"},
      {"{\"a\":\"\xFF\"}", "at byte 7: invalid UTF-8"},
      {std::string_view("{\"a\":1}\0", 8), "at byte 8: expected the end, got a NUL byte"},
  };
  for (const auto& [text, error] : cases) {
    CAPTURE(text);
    CHECK(error_of(text) == "expected JSON; " + std::string(error));
  }
}

TEST_CASE("However a text is cut into parts, it is read the same", "[api][json]") {
  const std::string wide = repeat("\\ud83d\\ude00\xC3\xA9 ", 40);
  const std::string keys = R"({"one":1,"tw\u006f":{"one":[true,false,null,-1.5e3]},"three":"x"})";
  for (const std::string& text :
       {"{\"a\" : \"" + wide + "\" , \"b\": [" + keys + "," + keys + "] ,\"\\u0063\":\"" + wide +
            "\"}",
        "{\"b\":[" + keys + R"(,{"x":1,"y":2,"\u0078":3}]})", "{\"b\":\"" + wide + "\\ud83d\"}",
        "{\"b\":[" + keys + ",", "{\"a\":\"" + wide}) {
    CAPTURE(text);
    Reader whole;
    const auto expected = whole.read(text);
    for (std::uint64_t steps = 0; steps < 80; ++steps) {
      Reader reader;
      reader.start(text);
      std::optional<Outcome> outcome;
      std::size_t parts = 0;
      for (; !outcome; ++parts) {
        Budget budget(steps);
        outcome = reader.go_on(budget);
        REQUIRE((outcome || budget.is_spent()));
      }
      CHECK((parts > 1 || steps > 30));
      REQUIRE(*outcome == expected);
      if (expected != Outcome::kObject) {
        CHECK(reader.error().text == whole.error().text);
        continue;
      }
      REQUIRE(reader.object().size() == whole.object().size());
      for (const char* key : {"a", "b", "c"}) {
        CHECK(reader.object().find(key)->raw == whole.object().find(key)->raw);
        CHECK(reader.object().find(key)->text == whole.object().find(key)->text);
      }
    }
  }
}

TEST_CASE("A part of a reading takes what its budget has, whatever the text is", "[api][json]") {
  constexpr std::uint64_t kSteps = 1'000;
  const std::size_t size = 100'000;
  for (const std::string& text :
       {"{\"v\":\"" + std::string(size, 'x') + "\"}", "{\"v\":[" + std::string(size, ' ') + "]}",
        "{\"v\":[" + repeat("[],", 30'000) + "1]}", "{\"v\":\"" + repeat("\\n", 50'000) + "\"}"}) {
    Reader reader;
    reader.start(text);
    std::size_t parts = 1;
    for (; parts < size; ++parts) {
      Budget budget(kSteps);
      if (reader.go_on(budget)) break;
      REQUIRE(budget.is_spent());
    }
    CHECK(parts >= text.size() / (2 * kSteps));
    CHECK(parts <= text.size() / (2 * kSteps) + 1);
  }
}

TEST_CASE("Only an object is an object", "[api][json]") {
  CHECK(error_of("3") == "expected a JSON object, got a number");
  CHECK(error_of("\"x\"") == "expected a JSON object, got a string");
  CHECK(error_of("null") == "expected a JSON object, got null");
  CHECK(error_of("true") == "expected a JSON object, got a boolean");
  CHECK(error_of(R"([{"a":1}])") == "expected a JSON object, got an array");
}

TEST_CASE("Many fields are refused before they cost", "[api][json]") {
  std::string text = "{";
  for (int i = 0; i < 70'000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  text.back() = '}';
  CHECK(error_of(text) == "expected at most 64 fields");
}

TEST_CASE("A reader forgets the object before", "[api][json]") {
  Reader reader;
  REQUIRE(reader.read(R"({"a":1,"b":"x"})") == Outcome::kObject);
  REQUIRE(reader.read(R"({"b":"y"})") == Outcome::kObject);
  CHECK(reader.object().find("a") == nullptr);
  CHECK(*reader.object().required_string("b", "a string") == "y");
  REQUIRE(reader.read("{") == Outcome::kNotJson);
  REQUIRE(reader.read("{}") == Outcome::kObject);
  CHECK(reader.object().size() == 0);
}

TEST_CASE("A field's error names it, what was expected, and what was there", "[api][json]") {
  Reader reader;
  REQUIRE(reader.read(R"({"vale":3,"s":"x","n":null})") == Outcome::kObject);
  const Object& object = reader.object();
  CHECK(object.required_number("value", "a finite number").error().text ==
        "value: expected a finite number, got nothing: the field is missing");
  CHECK(object.required_number("s", "a finite number").error().text ==
        "s: expected a finite number, got a string");
  CHECK(object.required_string("vale", "a string").error().text ==
        "vale: expected a string, got a number");
  CHECK(object.check_keys({"s", "n", "value"}).error().text ==
        R"(unknown field "vale": expected s, n, value)");
  CHECK(object.check_keys({"s", "n", "vale"}));
}

TEST_CASE("An optional field may be missing or null, not of another type", "[api][json]") {
  Reader reader;
  REQUIRE(reader.read(R"({"n":null,"s":"x","b":true})") == Outcome::kObject);
  const Object& object = reader.object();
  CHECK_FALSE(object.optional_string("n", "a string")->has_value());
  CHECK_FALSE(object.optional_string("missing", "a string")->has_value());
  CHECK(**object.optional_string("s", "a string") == "x");
  CHECK_FALSE(object.optional_string("b", "a string"));
  CHECK(**object.optional_boolean("b", "true or false"));
  CHECK_FALSE(object.optional_boolean("n", "true or false")->has_value());
  CHECK_FALSE(object.optional_boolean("s", "true or false"));
}

TEST_CASE("A reader may be given fewer levels", "[api][json]") {
  Reader reader(2);
  CHECK(reader.read(R"({"a":[1]})") == Outcome::kObject);
  CHECK(reader.read(R"({"a":[[1]]})") == Outcome::kNotJson);
  CHECK(reader.error().text == "expected JSON; nested deeper than 2 levels");
}

TEST_CASE("An array of strings is read, decoded, and bounded", "[api][json]") {
  Reader reader;
  const auto strings = [&](const std::string& text) {
    REQUIRE(reader.read(text) == Outcome::kObject);
    return reader.object().optional_strings("a", "an array of strings", 2);
  };
  const auto read = strings(R"({"a": [ "x" ,"\u0061\n"] })");
  REQUIRE(read.has_value());
  CHECK(*read == std::vector<std::string>{"x", "a\n"});
  CHECK(strings(R"({"a":[]})")->empty());
  CHECK(strings("{}")->empty());
  for (const char* wrong : {R"({"a":null})", R"({"a":"x"})", R"({"a":[1]})", R"({"a":[["x"]]})",
                            R"({"a":[null]})", R"({"a":["x","y","z"]})"}) {
    CAPTURE(wrong);
    CHECK_FALSE(strings(wrong).has_value());
  }
}

TEST_CASE("What a peer sent is cut at a character in an error", "[api][json]") {
  CHECK(in_quotes("short") == "\"short\"");
  CHECK(in_quotes(std::string(100, 'x')) == '"' + std::string(64, 'x') + "...\"");
  CHECK(in_quotes(std::string(63, 'x') + "\xc3\xa9y") == '"' + std::string(63, 'x') + "...\"");
}

}  // namespace
}  // namespace sse::json
