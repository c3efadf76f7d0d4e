#pragma once

/// \file
/// Signed tokens of our own making: HS256, for a hub whose key file holds the secret.

#include <string>
#include <string_view>

#include "sse/auth/key_file.h"
#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::auth {

/// A JWS in compact form of `payload`, the JSON of the claims. Error: kInvalid for a key that is
/// not a secret: who signs with a private key has tools of its own.
SSE_EXPORT Result<std::string> make_signed_token(const IssuerKey& key, std::string_view payload);

}  // namespace sse::auth
