#include "sse/base/crc32.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define SSE_HAS_CRC_INSTRUCTION 1
#include <nmmintrin.h>
#endif

namespace sse {
namespace {

constexpr std::size_t kSlices = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, kSlices>;

// Table k says what a byte does to the checksum when k more bytes follow it, so that eight bytes
// are eight look-ups that do not wait for each other (Kounavis and Berry, "slicing-by-8").
constexpr Tables make_tables(std::uint32_t reversed_polynomial) {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) {
      rest = (rest >> 1U) ^ ((rest & 1U) != 0 ? reversed_polynomial : 0U);
    }
    tables[0][byte] = rest;
  }
  for (std::size_t k = 1; k < kSlices; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = tables[0][before & 0xFFU] ^ (before >> 8U);
    }
  }
  return tables;
}

constexpr Tables kIso = make_tables(0xEDB88320U);
constexpr Tables kCastagnoli = make_tables(0x82F63B78U);

std::uint32_t checksum(const Tables& tables, std::string_view bytes, std::uint32_t before) {
  const auto byte = [&](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(bytes[i])};
  };
  std::uint32_t crc = ~before;
  while (bytes.size() >= kSlices) {
    crc ^= byte(0) | byte(1) << 8U | byte(2) << 16U | byte(3) << 24U;
    crc = tables[7][crc & 0xFFU] ^ tables[6][crc >> 8U & 0xFFU] ^ tables[5][crc >> 16U & 0xFFU] ^
          tables[4][crc >> 24U] ^ tables[3][byte(4)] ^ tables[2][byte(5)] ^ tables[1][byte(6)] ^
          tables[0][byte(7)];
    bytes.remove_prefix(kSlices);
  }
  for (; !bytes.empty(); bytes.remove_prefix(1)) {
    crc = tables[0][(crc ^ byte(0)) & 0xFFU] ^ (crc >> 8U);
  }
  return ~crc;
}

#ifdef SSE_HAS_CRC_INSTRUCTION

// Castagnoli's polynomial alone has an instruction: eight bytes in three cycles.
__attribute__((target("sse4.2"))) std::uint32_t checksum_by_instruction(std::string_view bytes) {
  std::uint64_t crc = ~std::uint32_t{0};
  for (; bytes.size() >= sizeof crc; bytes.remove_prefix(sizeof crc)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    crc = _mm_crc32_u64(crc, word);
  }
  auto rest = static_cast<std::uint32_t>(crc);
  for (const char byte : bytes) rest = _mm_crc32_u8(rest, static_cast<unsigned char>(byte));
  return ~rest;
}

bool has_crc_instruction() {
  static const bool has_it = __builtin_cpu_supports("sse4.2") != 0;
  return has_it;
}

#endif

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t before) {
  return checksum(kIso, bytes, before);
}

std::uint32_t crc32c(std::string_view bytes) {
#ifdef SSE_HAS_CRC_INSTRUCTION
  if (has_crc_instruction()) return checksum_by_instruction(bytes);
#endif
  return checksum(kCastagnoli, bytes, 0);
}

}  // namespace sse
