#pragma once

/// \file
/// Numbers as bytes, the lowest first.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sse {

/// REQUIRES: `size` is at most 8.
inline void append_number(std::string& out, std::uint64_t number, std::size_t size) {
  std::array<char, 8> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(number >> 8 * i & 0xFFU);
  }
  out.append(bytes.data(), size);
}

/// REQUIRES: `bytes` has `size` of them.
inline std::uint64_t number_of(std::string_view bytes, std::size_t size) {
  std::uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;) {
    number = number << 8U | static_cast<unsigned char>(bytes[i]);
  }
  return number;
}

}  // namespace sse
