#pragma once

/// \file
/// What the fuzz targets have in common. Each is one function from bytes to nothing that breaks an
/// SSE_CHECK when a promise does not hold; docs/testing.md says how they are run.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sse/base/check.h"

namespace sse::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return size == 0 ? std::string_view()
                   : std::string_view(reinterpret_cast<const char*>(data), size);
}

/// Takes the first byte off `input`; 0 when there is none. Targets use it to choose how to cut the
/// rest.
inline std::size_t take_byte(std::string_view& input) {
  if (input.empty()) return 0;
  const auto byte = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  return byte;
}

}  // namespace sse::fuzz
