#include "sse/json/plain_object.h"

#include <string>

#include <nlohmann/json.hpp>

#include "sse/json/reader.h"

#include "support/catch.h"

namespace sse::json {
namespace {

bool is_plain(std::string_view text) {
  Object object;
  return read_plain_object(text, object);
}

TEST_CASE("A plain object is read as nlohmann reads it", "[api][json]") {
  for (const std::string_view text :
       {R"({"metric_id":"018f4c2e-0000-7000-8000-000000000000","value":21.5})",
        " {\r\n\t\"value\" : -0.0 , \"timestamp\"\n:\"2026-01-31T12:00:00Z\" } ",
        R"({"a":0,"b":-1,"c":1234567890123456,"d":true,"e":false,"f":null,"":"","g":"{[:,]}"})"}) {
    INFO(text);
    Object object;
    REQUIRE(read_plain_object(text, object));
    const auto oracle = nlohmann::json::parse(text);
    REQUIRE(oracle.size() == object.size());
    for (const auto& [key, value] : oracle.items()) {
      const auto* member = object.find(key);
      REQUIRE(member != nullptr);
      CHECK(nlohmann::json::parse(member->raw) == value);
      CHECK((member->kind == Kind::kString) == value.is_string());
      if (value.is_string()) CHECK(member->text == value.get<std::string>());
    }
  }
}

TEST_CASE("What is not plain is left to the parser", "[api][json]") {
  for (const std::string_view text : {"",
                                      "{}",
                                      "[]",
                                      "{",
                                      R"({"a":1)",
                                      R"({"a":1}})",
                                      R"({"a":1},)",
                                      R"({"a":1,})",
                                      R"({,"a":1})",
                                      R"({"a" 1})",
                                      R"({"a":})",
                                      R"({a:1})",
                                      R"({"a":1 "b":2})",
                                      R"({"a":"b)",
                                      R"({"a)",
                                      R"({"a":"\n"})",
                                      R"({"a\u0000":1})",
                                      "{\"a\":\"\n\"}",
                                      "{\"a\":\"\x7f\"}",
                                      "{\"a\":\"\xc3\xa4\"}",
                                      "\xEF\xBB\xBF{\"a\":1}",
                                      R"({"a":[1]})",
                                      R"({"a":{"b":1}})",
                                      R"({"a":1,"a":2})",
                                      R"({"a":01})",
                                      R"({"a":-})",
                                      R"({"a":1.})",
                                      R"({"a":.5})",
                                      R"({"a":1e5})",
                                      R"({"a":+1})",
                                      R"({"a":tru})",
                                      R"({"a":truex})",
                                      R"({"a":nul})",
                                      R"({"a":NaN})"}) {
    INFO(text);
    CHECK_FALSE(is_plain(text));
  }
  CHECK_FALSE(is_plain("{\"a\":" + std::string(400, '9') + "}"));
  CHECK_FALSE(is_plain(std::string_view("{\"a\":1}\0", 8)));
}

TEST_CASE("A plain object has no more fields than another", "[api][json]") {
  std::string text = "{\"f0\":0";
  for (std::size_t i = 1; i < kMaxFields; ++i) text += ",\"f" + std::to_string(i) + "\":0";
  CHECK(is_plain(text + "}"));
  CHECK_FALSE(is_plain(text + ",\"more\":0}"));
}

}  // namespace
}  // namespace sse::json
