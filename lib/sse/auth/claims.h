#pragma once

/// \file
/// What a signed token says (RFC 7519), turned into a principal.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sse/auth/principal.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::auth {

/// Which claim holds the rights.
enum class ClaimsForm : std::uint8_t {
  kSse,      ///< `sse`: patterns as ours
  kMercure,  ///< `mercure`: exact topics, and `*` for everything
};

struct ClaimRules {
  std::vector<std::string> audiences;  ///< `aud` holds one of them; none: a token may have no `aud`
  std::chrono::seconds leeway = std::chrono::seconds(30);  ///< for clocks that differ
  std::chrono::seconds max_life = std::chrono::hours(24);  ///< from `iat`, or from now, to `exp`
  ClaimsForm form = ClaimsForm::kSse;
};

/// `payload`: of a token whose signature is good. `issuer`: of the key; not empty: `iss` must equal
/// it. `token_digest`: hex, for the id of a principal without `sub`. `exp` is required; the
/// principal expires at `exp` and the leeway. Error: kInvalid; the text may be sent to the peer.
SSE_EXPORT Result<SharedPrincipal> read_claims(std::string_view payload, const std::string& issuer,
                                               const ClaimRules& rules, WallTime now,
                                               std::string_view token_digest);

}  // namespace sse::auth
