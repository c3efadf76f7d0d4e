#pragma once

/// \file
/// UUIDs (RFC 9562): parse, print, make version 7.

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/export.h"

namespace sse {

class RandomSource;

/// 128 bits, as two big-endian halves, so that comparing them compares the text. A value.
struct Uuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

/// Characters of the canonical text form.
inline constexpr std::size_t kUuidLength = 36;

/// The canonical text form, lower case: `018f4c2e-...`, no terminator.
SSE_EXPORT std::array<char, kUuidLength> uuid_chars(const Uuid& uuid);
SSE_EXPORT std::string to_string(const Uuid& uuid);

/// Reads the canonical form in either case; anything else is nullopt.
SSE_EXPORT std::optional<Uuid> parse_uuid(std::string_view text);

/// A fresh UUIDv7: 48 bits of milliseconds, 74 random bits (RFC 9562 section 5.7).
SSE_EXPORT Uuid make_uuid_v7(WallTime time, RandomSource& random);

}  // namespace sse

template <>
struct std::hash<sse::Uuid> {
  std::size_t operator()(const sse::Uuid& uuid) const noexcept {
    return static_cast<std::size_t>(uuid.high ^ (uuid.low * 0x9E3779B97F4A7C15U));
  }
};
