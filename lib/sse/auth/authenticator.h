#pragma once

/// \file
/// From the text of a bearer token to a principal, by what costs least first.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sse/auth/claims.h"
#include "sse/auth/failure_limiter.h"
#include "sse/auth/jws_verifier.h"
#include "sse/auth/principal.h"
#include "sse/auth/revocations.h"
#include "sse/auth/token_fault.h"
#include "sse/auth/token_file.h"
#include "sse/auth/verified_tokens.h"
#include "sse/base/budget.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/later.h"
#include "sse/base/mutex.h"
#include "sse/base/random.h"
#include "sse/base/result.h"

namespace sse::auth {

/// What tokens are judged by. A reload makes another one. Immutable. Thread-safe.
class SSE_EXPORT Credentials {
 public:
  /// `tokens`, `revocations`: null when there is no such file. Error: kInvalid for a public key
  /// without an audience: tokens that its issuer made for other services would count here.
  static Result<std::shared_ptr<const Credentials>> make(
      std::shared_ptr<const TokenFile> tokens, JwsVerifier verifier, ClaimRules rules,
      std::shared_ptr<const Revocations> revocations = nullptr);

  const std::shared_ptr<const TokenFile>& tokens() const { return tokens_; }
  const JwsVerifier& verifier() const { return verifier_; }
  const ClaimRules& rules() const { return rules_; }
  bool is_revoked(const Principal& principal) const {
    return revocations_ != nullptr && revocations_->hold(principal);
  }

  /// What became of a principal that was good by earlier credentials. Of a signed token only a
  /// revocation ends what it was good for: it says its own end.
  enum class Standing : std::uint8_t {
    kSame,     ///< it is good, and for the same
    kChanged,  ///< it is good, with other rights or another end
    kGone,     ///< it is not good any more
  };
  Standing standing_of(const Principal& principal) const;
  /// The same principal by these credentials; null when it is not good any more.
  std::shared_ptr<const Principal> newest_of(const SharedPrincipal& principal) const;

 private:
  Credentials(std::shared_ptr<const TokenFile> tokens, JwsVerifier verifier, ClaimRules rules,
              std::shared_ptr<const Revocations> revocations);

  const std::shared_ptr<const TokenFile> tokens_;
  const JwsVerifier verifier_;
  const ClaimRules rules_;
  const std::shared_ptr<const Revocations> revocations_;
};

struct AuthenticatorOptions {
  std::size_t max_verified_tokens = 10'000;
  std::size_t max_peer_groups = 10'000;
};

/// Since the start. A value.
struct AuthenticatorCounts {
  std::uint64_t cached = 0;   ///< tokens that were found again
  std::uint64_t checked = 0;  ///< tokens whose signature was checked
  std::uint64_t refused = 0;  ///< of any kind
};

/// Judges bearer tokens. Static tokens and tokens that were verified before are looked up, and
/// never wait; only before a signature is the failure limiter asked. Thread-safe.
class SSE_EXPORT Authenticator {
 public:
  Authenticator(std::shared_ptr<const Credentials> credentials, const AuthenticatorOptions& options,
                RandomSource& random);

  /// `group`: the text of the peer's group, asked for before a signature alone. A token that is
  /// there and bad is an error, never anonymous. `budget`: of the turn, from which signatures are
  /// spent, so that those of many requests are spread over turns.
  using Group = FunctionRef<std::string()>;
  Result<SharedPrincipal, TokenFault> judge(std::string_view token, const Group& group,
                                            const Now& now, Budget& budget);

  /// Of a client certificate that an authority of ours has signed, by its names. Error: no row of
  /// the token file has one of them, or it has expired, or was revoked.
  Result<SharedPrincipal, TokenFault> judge_certificate(std::span<const std::string> names,
                                                        const Now& now);

  // Credentials that are looked up in another process, by others than this.

  /// Whether one of this peer may be looked up; false: too many were not there before.
  bool may_look_up(std::string_view group, BootTime now) {
    return failures_.wait_of(group, now).count() == 0;
  }
  /// It was not there.
  void note_not_found(std::string_view group, BootTime now) { failures_.failed(group, now); }

  /// Without a credential; null: nothing is allowed.
  SharedPrincipal anonymous() const;

  /// From now on tokens are judged by these; what was verified is forgotten.
  void replace(std::shared_ptr<const Credentials> credentials);

  std::shared_ptr<const Credentials> credentials() const;
  AuthenticatorCounts counts() const;

 private:
  static Result<SharedPrincipal, TokenFault> judge_static(const Credentials& credentials,
                                                          std::string_view id,
                                                          std::string_view token, WallTime now);
  Result<SharedPrincipal, TokenFault> judge_jwt(std::string_view token, const Group& group,
                                                const Now& now, Budget& budget);

  mutable Mutex mutex_;
  std::shared_ptr<const Credentials> credentials_ SSE_GUARDED_BY(mutex_);
  VerifiedTokens verified_;
  FailureLimiter failures_;
  std::atomic<std::uint64_t> cached_{0};
  std::atomic<std::uint64_t> checked_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace sse::auth
