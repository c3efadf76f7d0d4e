#pragma once

/// \file
/// base64url without padding (RFC 4648 section 5), as JWS and tokens write bytes.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/export.h"

namespace sse::auth {

/// The characters that `bytes` bytes take.
constexpr std::size_t base64url_size(std::size_t bytes) {
  return (bytes * 4 + 2) / 3;
}

SSE_EXPORT std::string base64url(std::string_view bytes);

/// nullopt for padding, another character, a size that no bytes have, and bits behind the last
/// byte that are not zero: each text of bytes has one form, or a token would have many.
SSE_EXPORT std::optional<std::string> from_base64url(std::string_view text);

/// Whether from_base64url() takes it.
SSE_EXPORT bool is_base64url(std::string_view text);

}  // namespace sse::auth
