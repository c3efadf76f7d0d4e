#pragma once

/// \file
/// Whether a token was signed by a key of ours (RFC 7515, RFC 8725).

#include <span>
#include <string>
#include <vector>

#include "sse/auth/jws.h"
#include "sse/auth/key_file.h"
#include "sse/auth/token_fault.h"
#include "sse/base/export.h"
#include "sse/base/later.h"
#include "sse/base/result.h"

namespace sse::auth {

/// Keys, and the rule which of them a token is checked with. A reload makes another one. Immutable.
/// Thread-safe.
class SSE_EXPORT JwsVerifier {
 public:
  /// Signatures that one token may cost: keys of one algorithm that it may mean.
  static constexpr std::size_t kMostTries = 4;

  /// Error: kInvalid when two keys of one issuer and algorithm have the same `kid`, and when more
  /// than kMostTries keys of one algorithm have the same one, or none: a token would not say which
  /// it means.
  static Result<JwsVerifier> make(std::vector<IssuerKey> keys);

  /// The key that signed it. A key is tried only when the token's `alg` is the key's own, byte for
  /// byte, and when the token's `kid` is the key's; where no key has that `kid`, or the token has
  /// none, keys without one are tried, and for a token without one then all others, as far as
  /// kMostTries. `may_check` is asked once before the first signature is checked, and not at all
  /// when no key fits. The issuer is not compared: the claims are not read here. Of two issuers
  /// with the same `kid` both keys are tried. Error: kKey, kWait, kSignature.
  Result<const IssuerKey*, TokenFault> verify(const Jws& jws, FunctionRef<bool()> may_check) const;

  std::span<const IssuerKey> keys() const { return keys_; }

 private:
  explicit JwsVerifier(std::vector<IssuerKey> keys) : keys_(std::move(keys)) {}

  std::vector<const IssuerKey*> candidates(const Jws& jws, Algorithm algorithm) const;

  std::vector<IssuerKey> keys_;
};

}  // namespace sse::auth
