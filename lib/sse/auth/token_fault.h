#pragma once

#include <cstdint>
#include <string>

namespace sse::auth {

/// Why a credential does not count. The reason is for the log; a peer learns it only where it has
/// shown that the token is from an issuer of ours, or it could search for what we accept.
struct TokenFault {
  enum class Kind : std::uint8_t {
    kForm,         ///< not a token, or one that may not be
    kKey,          ///< no key of ours could have signed it
    kSignature,    ///< it was not signed by the key that it names
    kClaims,       ///< signed, and refused for what it says
    kTwo,          ///< there are two credentials, and none of them counts
    kWait,         ///< not checked: too many failures before it
    kUnavailable,  ///< not checked: what keeps tickets and sessions does not answer
  };
  Kind kind = Kind::kForm;
  std::string reason;

  /// Whether an answer may say the reason.
  bool may_be_told() const { return kind == Kind::kClaims || kind == Kind::kTwo; }
};

}  // namespace sse::auth
