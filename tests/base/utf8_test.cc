#include "sse/base/utf8.h"

#include <string>

#include "sse/base/escape.h"

#include "support/catch.h"

namespace sse {
namespace {

TEST_CASE("Well-formed UTF-8 is recognised, wherever it stands", "[base][utf8]") {
  for (const auto* character :
       {"a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    for (std::size_t before = 0; before < 17; ++before) {
      CAPTURE(character, before);
      CHECK(is_valid_utf8(std::string(before, 'x') + character + "y"));
    }
    CHECK(utf8_character_length(std::string(character) + "tail") == std::string(character).size());
  }
  CHECK(is_valid_utf8(""));
  CHECK(is_valid_utf8(std::string("\0", 1)));
}

TEST_CASE("Overlong forms, surrogates, too large and cut characters are not", "[base][utf8]") {
  for (const auto* text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xC2", "\xE2\x82", "\xF0\x9F\x98", "\xC2x", "\xE2\x82x"}) {
    for (std::size_t before = 0; before < 17; ++before) {
      CAPTURE(before);
      CHECK_FALSE(is_valid_utf8(std::string(before, 'x') + text));
    }
    CHECK(utf8_character_length(text) == 0);
  }
}

TEST_CASE("Control characters are C0, DEL and C1, and nothing else", "[base][utf8]") {
  for (const auto* text : {"\x01", "a\tb", "\n", "\r", "\x1b[", "\x7F", "\xC2\x80", "x\xC2\x9F"}) {
    CHECK(has_control_character(text));
  }
  CHECK(has_control_character(std::string_view("\0", 1)));
  for (const auto* text :
       {"", " ~", "\xC2\xA0", "\xC3\x80", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xC2M", "\xC2"}) {
    CHECK_FALSE(has_control_character(text));
  }
}

TEST_CASE("Escaped text has no control character and no invalid UTF-8", "[base][utf8]") {
  CHECK(escaped("plain \xE2\x82\xAC \\") == "plain \xE2\x82\xAC \\");
  CHECK(escaped("a\r\nb\x1b") ==
        "a\\x0d\\x0a"
        "b\\x1b");
  CHECK(escaped("\xC2\x85|\xFF\xC2") == "\\xc2\\x85|\\xff\\xc2");
}

TEST_CASE("Quoted text is cut between characters", "[base][utf8]") {
  CHECK(quoted("x") == "\"x\"");
  const std::string long_text = std::string(79, 'a') + "\xE2\x82\xAC";
  CHECK(quoted(long_text) == '"' + std::string(79, 'a') + "...\"");
}

}  // namespace
}  // namespace sse
