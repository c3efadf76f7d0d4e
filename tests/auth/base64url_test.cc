#include "sse/auth/base64url.h"

#include <string>

#include "support/catch.h"

namespace sse::auth {
namespace {

TEST_CASE("Bytes of every size are written and read", "[auth]") {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    CHECK(base64url(bytes).size() == base64url_size(bytes.size()));
    CHECK(from_base64url(base64url(bytes)) == bytes);
    bytes += static_cast<char>(i * 7);
  }
  CHECK(base64url("\xfb\xff") == "-_8");
  CHECK(base64url("f") == "Zg");
  CHECK(base64url("foobar") == "Zm9vYmFy");
}

TEST_CASE("Padding, other alphabets, sizes of no bytes and stray bits are refused", "[auth]") {
  CHECK(from_base64url("Zg") == "f");
  for (const char* wrong : {"Zg==", "Zh", "Z", "Zm9vY", "+/8", "Z g", "Zg\n", "-_9"}) {
    CAPTURE(wrong);
    CHECK(from_base64url(wrong) == std::nullopt);
  }
  CHECK(from_base64url(std::string_view("Z\0g", 3)) == std::nullopt);
}

TEST_CASE("Each text of bytes has one form only", "[auth]") {
  // Of the 4,096 texts of two characters, those that are read are written the same.
  int read = 0;
  for (char a = ' '; a < '\x7f'; ++a) {
    for (char b = ' '; b < '\x7f'; ++b) {
      const std::string text{a, b};
      const auto bytes = from_base64url(text);
      if (!bytes) continue;
      ++read;
      CHECK(base64url(*bytes) == text);
    }
  }
  CHECK(read == 256);
}

TEST_CASE("A text is base64url exactly when it can be decoded", "[auth][base64url]") {
  for (const std::string start : {"", "A", "AB", "ABC", "ABCD", "-_z9", "-_z9A", "AAAAAA"}) {
    for (int c = 0; c < 256; ++c) {
      const std::string text = start + static_cast<char>(c);
      CAPTURE(text);
      CHECK(is_base64url(text) == from_base64url(text).has_value());
      const std::string behind = static_cast<char>(c) + start;
      CHECK(is_base64url(behind) == from_base64url(behind).has_value());
    }
  }
  CHECK(is_base64url(""));
}

}  // namespace
}  // namespace sse::auth
