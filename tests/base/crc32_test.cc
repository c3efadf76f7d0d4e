#include "sse/base/crc32.h"

#include <string>

#include "support/catch.h"

namespace sse {
namespace {

/// Bit by bit, without a table.
std::uint32_t slow_crc(std::uint32_t reversed_polynomial, std::string_view bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1U) ^ (reversed_polynomial & (0U - (crc & 1U)));
    }
  }
  return ~crc;
}

TEST_CASE("The check values of both checksums", "[base][crc]") {
  CHECK(crc32("123456789") == 0xCBF43926U);
  CHECK(crc32c("123456789") == 0xE3069283U);
  CHECK(crc32("") == 0);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAU);  // RFC 3720 section B.4
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43U);
}

TEST_CASE("Every length has the checksum of the definition", "[base][crc]") {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    CAPTURE(i);
    REQUIRE(crc32(bytes) == slow_crc(0xEDB88320U, bytes));
    REQUIRE(crc32c(bytes) == slow_crc(0x82F63B78U, bytes));
    bytes += static_cast<char>(i * 37);
  }
}

}  // namespace
}  // namespace sse
