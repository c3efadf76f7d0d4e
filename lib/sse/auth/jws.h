#pragma once

/// \file
/// A token taken apart: a JWS in compact form (RFC 7515 section 7.1). Nothing of it is believed
/// yet.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sse/auth/token_fault.h"
#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::auth {

/// Of a whole token, in bytes.
inline constexpr std::size_t kMaxTokenSize = 8'192;
/// Of the JSON in a token.
inline constexpr std::size_t kMaxTokenDepth = 8;

struct Jws {
  std::string_view signed_text;  ///< of the token, which must outlive it
  std::string algorithm;
  std::optional<std::string> key_id;
  std::string payload;    ///< decoded
  std::string signature;  ///< decoded
};

/// Whether `text` looks like one: `eyJ`, the start of each `{"`, and two dots.
SSE_EXPORT bool looks_like_jws(std::string_view text);

/// The header's `jwk`, `jku`, `x5u`, `x5c` and other members are not read (a key comes from our own
/// files); `crit`, `b64`, `zip` and `enc` refuse the token, and so does a `typ` that is not `JWT`
/// or `at+jwt` (RFC 8725 section 3.11). Error: kForm.
SSE_EXPORT Result<Jws, TokenFault> parse_jws(std::string_view token);

}  // namespace sse::auth
