// The text of a cursor file: damaged ones are refused, and what is read is what is written again.

#include <cstdio>
#include <string>

#include "sse/client/cursor_file.h"

#include "fuzz/input.h"

namespace sse::fuzz {
namespace {

/// Written down a second time, bit by bit, so that an error in the library's table shows.
std::string crc_of(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ (0xEDB88320U & (0U - (crc & 1U)));
  }
  char digits[16];
  std::snprintf(digits, sizeof digits, "%x", ~crc);
  return digits;
}

void check(std::string_view text) {
  const auto cursor = client::parse_cursor(text);
  if (!cursor) {
    SSE_CHECK(!cursor.error().text.empty());
    return;
  }
  SSE_CHECK(!cursor->id.empty());
  const auto again = client::parse_cursor(client::format_cursor(*cursor));
  SSE_CHECK(again && *again == *cursor);
}

}  // namespace
}  // namespace sse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = sse::fuzz::text_of(data, size);
  sse::fuzz::check(text);
  // No fuzzer guesses a checksum: with the right one the lines before it are read.
  const std::string lines = "version 1\n" + std::string(text) + "\n";
  sse::fuzz::check(lines + "crc " + sse::fuzz::crc_of(lines) + "\n");
  return 0;
}
