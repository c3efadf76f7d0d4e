#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sse::bench {

/// Of times in microseconds, in milliseconds; `part` is from 0 to 1. Reorders `values`.
inline double percentile_ms(std::vector<std::uint32_t>& values, double part) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at] / 1000.0;
}

}  // namespace sse::bench
