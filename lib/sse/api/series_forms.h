#pragma once

/// \file
/// What the files that write series share: how a value and a bound are given.

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sse/api/exposition.h"

namespace sse::api {

inline double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

/// A limit that is not set is endless.
inline double limit_of(std::uint64_t limit) {
  return limit == 0 ? HUGE_VAL : static_cast<double>(limit);
}

template <std::size_t N, typename Convert>
auto converted(const Convert& convert, const auto& bounds) {
  std::array<double, N> all{};
  for (std::size_t i = 0; i < N; ++i) all[i] = convert(bounds[i]);
  return all;
}

/// A family of one series, without labels.
inline void append_counter(Exposition& out, std::string_view name, std::string_view help,
                           std::uint64_t value) {
  out.counter(name, help);
  out.sample(value);
}

inline void append_gauge(Exposition& out, std::string_view name, std::string_view help,
                         double value) {
  out.gauge(name, help);
  out.sample(value);
}

}  // namespace sse::api
