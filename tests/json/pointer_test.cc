#include "sse/json/pointer.h"

#include "sse/client/hub_json.h"

#include "support/catch.h"

using sse::json::Pointer;
using sse::json::Value;

namespace {

/// What `pointer` finds, as it was sent; `(none)`.
std::string found(const std::string& pointer, const std::string& json) {
  REQUIRE(sse::client::is_json(json));
  const auto parsed = Pointer::parse(pointer);
  REQUIRE(parsed);
  const auto value = parsed->find(json);
  return value ? std::string(value->text) : "(none)";
}

std::string text_of(const std::string& json) {
  REQUIRE(sse::client::is_json(json));
  std::string text;
  sse::json::append_text_of(sse::json::whole_value(json), text);
  return text;
}

}  // namespace

TEST_CASE("The pointers of RFC 6901 find what it says", "[client][json_pointer]") {
  const std::string json =
      R"({"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5,)"
      R"( "k\"l": 6, " ": 7, "m~n": 8})";
  const std::pair<const char*, const char*> rows[] = {{"", json.c_str()},
                                                      {"/foo", R"(["bar", "baz"])"},
                                                      {"/foo/0", R"("bar")"},
                                                      {"/", "0"},
                                                      {"/a~1b", "1"},
                                                      {"/c%d", "2"},
                                                      {"/e^f", "3"},
                                                      {"/g|h", "4"},
                                                      {"/i\\j", "5"},
                                                      {"/k\"l", "6"},
                                                      {"/ ", "7"},
                                                      {"/m~0n", "8"},
                                                      {"/foo/2", "(none)"},
                                                      {"/foo/-", "(none)"},
                                                      {"/foo/00", "(none)"},
                                                      {"/foo/x", "(none)"},
                                                      {"/bar", "(none)"},
                                                      {"/a~1b/x", "(none)"},
                                                      {"/foo/0/0", "(none)"},
                                                      {"/foo/", "(none)"}};
  for (const auto& [pointer, expected] : rows) {
    CAPTURE(pointer);
    CHECK(found(pointer, json) == expected);
  }
}

TEST_CASE("A value is given as it was sent", "[client][json_pointer]") {
  CHECK(found("/v", "{\"v\":1.50}") == "1.50");
  CHECK(found("/v", "{\"v\":12345678901234567890.10}") == "12345678901234567890.10");
  CHECK(found("/v", " { \"v\" :\t-1e+5\n} ") == "-1e+5");
  CHECK(found("", " 7\n") == "7");
  CHECK(found("/1/a/0", R"([{"a":"]}"},{"b":{"x":["{",{}]},"a":[ [1, 2] , null]}])") == "[1, 2]");
  CHECK(found("/1/a/1", R"([{"a":"]}"},{"b":{"x":["{",{}]},"a":[ [1, 2] , null]}])") == "null");
  CHECK(found("/v", R"({"s":"\\\"","v":{"t":"\\"}})") == R"({"t":"\\"})");
  CHECK(found("/v", "{\"v\":1,\"v\":2}") == "2");
  CHECK(found("/\xC3\xA9", R"({"\u00e9":true})") == "true");
  CHECK(found("/x", "{}") == "(none)");
  CHECK(found("/0", "[]") == "(none)");
}

TEST_CASE("A string says what its escapes mean", "[client][json_pointer]") {
  CHECK(text_of(R"("a\"\\\/\b\f\n\r\t")") == "a\"\\/\b\f\n\r\t");
  CHECK(text_of(R"("\u0041\u00e9\u20AC\ud83d\ude00!")") ==
        "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80!");
  CHECK(text_of(R"("\u0000x")") == std::string("\0x", 2));
  CHECK(text_of("1.50") == "1.50");
  CHECK(text_of("{\"a\": 1}") == "{\"a\": 1}");
}

TEST_CASE("A pointer that is none says what was expected", "[client][json_pointer]") {
  for (const char* text : {"value", "a/b", "/a~", "/a~2", "/~x"}) {
    CAPTURE(text);
    const auto pointer = Pointer::parse(text);
    REQUIRE_FALSE(pointer);
    CHECK(pointer.error().code == sse::ErrorCode::kInvalid);
    CHECK(pointer.error().text.find("JSON Pointer") != std::string::npos);
  }
}
