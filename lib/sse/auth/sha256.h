#pragma once

/// \file
/// SHA-256, secrets and their comparison. A door to OpenSSL.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::auth {

/// What is kept of a token: the token cannot be found from it. A value.
using Sha256 = std::array<std::uint8_t, 32>;

SSE_EXPORT Sha256 sha256_of(std::string_view text);

/// HMAC-SHA-256 (RFC 2104).
SSE_EXPORT Sha256 hmac_sha256(std::string_view key, std::string_view text);

/// 64 lower-case hex digits.
SSE_EXPORT std::string to_hex(const Sha256& digest);
/// nullopt for anything but 64 hex digits.
SSE_EXPORT std::optional<Sha256> parse_sha256(std::string_view hex);

/// In a time that tells nothing of where they differ.
SSE_EXPORT bool equals_in_constant_time(const Sha256& a, const Sha256& b);

/// 32 bytes of OpenSSL's generator: what a secret is made of. Error: kUnavailable when it has no
/// entropy.
SSE_EXPORT Result<Sha256> random_secret();

/// The bytes, as text.
inline std::string_view bytes_of(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace sse::auth
