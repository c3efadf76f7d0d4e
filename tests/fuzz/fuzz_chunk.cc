// A chunk of the log: damaged ones are refused, and what is read is what is written again.

#include <string>

#include "sse/base/crc32.h"
#include "sse/log/chunk.h"

#include "fuzz/input.h"

namespace sse::fuzz {
namespace {

void check(std::string_view bytes) {
  const auto entries = log::decode_chunk(bytes, {});
  if (!entries) {
    SSE_CHECK(!entries.error().text.empty());
    return;
  }
  SSE_CHECK(!entries->empty());
  SSE_CHECK(log::encode_chunk(*entries) == bytes);
}

/// With the checksum that belongs to it: nearly no random input has it.
std::string with_checksum(std::string_view bytes) {
  std::string chunk(4, '\0');
  chunk.append(bytes);
  const std::uint32_t crc = crc32c(bytes);
  for (std::size_t i = 0; i < 4; ++i) chunk[i] = static_cast<char>(crc >> 8 * i & 0xFFU);
  return chunk;
}

}  // namespace
}  // namespace sse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = sse::fuzz::text_of(data, size);
  sse::fuzz::check(bytes);
  sse::fuzz::check(sse::fuzz::with_checksum(bytes));
  return 0;
}
