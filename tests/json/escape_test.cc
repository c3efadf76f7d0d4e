#include "sse/json/escape.h"

#include "support/catch.h"

namespace sse::json {
namespace {

std::string character_of(std::string_view text, std::size_t size) {
  std::string out;
  CHECK(append_escaped(text, out) == size);
  return out;
}

TEST_CASE("An escape stands for one character", "[json]") {
  CHECK(character_of(R"(\n...)", 2) == "\n");
  CHECK(character_of(R"(\"\\)", 2) == "\"");
  CHECK(character_of(R"(\\)", 2) == "\\");
  CHECK(character_of(R"(\/)", 2) == "/");
  CHECK(character_of(R"(\b)", 2) + character_of(R"(\f)", 2) == "\b\f");
  CHECK(character_of(R"(\u0041BCD)", 6) == "A");
  CHECK(character_of(R"(\u0000)", 6) == std::string(1, '\0'));
  CHECK(character_of(R"(\u00E9)", 6) == "\xC3\xA9");
  CHECK(character_of(R"(\u20aC)", 6) == "\xE2\x82\xAC");
  CHECK(character_of(R"(\uffff)", 6) == "\xEF\xBF\xBF");
}

TEST_CASE("A pair of surrogates is one character, and half of one is none", "[json]") {
  CHECK(character_of(R"(\ud83d\ude00)", 12) == "\xF0\x9F\x98\x80");
  CHECK(character_of(R"(\ud800\udc00)", 12) == "\xF0\x90\x80\x80");
  CHECK(character_of(R"(\udbff\udfff)", 12) == "\xF4\x8F\xBF\xBF");
  for (const std::string_view half :
       {R"(\ud83d)", R"(\ud83dx)", R"(\ud83d\n)", R"(\ud83d\ud83d)", R"(\ud83d\u0041)", R"(\ude00)",
        R"(\ude00\ud83d)", R"(\ud83d\ude0)"}) {
    CAPTURE(half);
    CHECK(character_of(half, 0).empty());
  }
}

TEST_CASE("What is not an escape is none", "[json]") {
  for (const std::string_view text :
       {"", "n", R"(\)", R"(\x41)", R"(\N)", R"(\u)", R"(\u12)", R"(\u123)", R"(\u12g4)",
        R"(\U0041)", R"(\u-123)", R"(\u 123)"}) {
    CAPTURE(text);
    CHECK(character_of(text, 0).empty());
  }
}

TEST_CASE("Plain text ends at what a string writes in another way", "[json]") {
  CHECK(count_plain("") == 0);
  CHECK(count_plain("abc \x7F") == 5);
  for (const char* end : {"\"", "\\", "\n", "\x1F", "\xC3\xA9"}) {
    CHECK(count_plain("ab" + std::string(end)) == 2);
  }
  CHECK(count_plain(std::string_view("a\0b", 3)) == 1);
  // Wherever it is in a word of eight, and whatever is beside it.
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool is_plain = byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
    for (std::size_t at = 0; at < 20; ++at) {
      for (const char beside : {' ', '!', '#', '[', ']', '\x7F'}) {
        std::string text(20, beside);
        text[at] = c;
        REQUIRE(count_plain(text) == (is_plain ? text.size() : at));
      }
    }
  }
}

}  // namespace
}  // namespace sse::json
