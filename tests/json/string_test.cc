#include "sse/json/string.h"

#include "support/catch.h"

namespace sse::json {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

TEST_CASE("Text becomes one JSON string on one line, whatever it holds", "[base][json]") {
  CHECK(quoted("") == R"("")");
  CHECK(quoted("plain \xC3\xA9") == "\"plain \xC3\xA9\"");
  CHECK(quoted("\xF0\x9F\x98\x80 \xE2\x80\xA8") == "\"\xF0\x9F\x98\x80 \xE2\x80\xA8\"");
  CHECK(quoted("a\"b\\c") == R"("a\"b\\c")");
  CHECK(quoted(std::string_view("\0\x1F", 2)) == R"("\u0000\u001f")");
  CHECK(quoted("\b\t\n\f\r") == R"("\b\t\n\f\r")");
}

TEST_CASE("Bytes that are not UTF-8 become U+FFFD, each of them", "[base][json]") {
  CHECK(quoted("a\xFF\xC3") == "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
  CHECK(quoted("\xED\xA0\x80") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace sse::json
