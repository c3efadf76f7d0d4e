#pragma once

/// \file
/// Static tokens: `sse_<id>_<43 characters of base64url>`. The prefix is what scanners for secrets
/// look for; the id may be logged; what is behind it are 256 random bits.

#include <optional>
#include <string>
#include <string_view>

#include "sse/auth/sha256.h"
#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::auth {

/// Of a token's id, in bytes.
inline constexpr std::size_t kMaxTokenId = 64;

/// Whether it is 1 to kMaxTokenId letters, digits, `-`, `_` and `.`.
SSE_EXPORT bool is_token_id(std::string_view id);

/// REQUIRES: is_token_id(). Error: kUnavailable when OpenSSL has no randomness.
SSE_EXPORT Result<std::string> make_static_token(std::string_view id);

/// The id of what has the form of a static token; nullopt for another text.
SSE_EXPORT std::optional<std::string_view> static_token_id(std::string_view token);

}  // namespace sse::auth
