#include "sse/auth/authenticator.h"

#include <algorithm>
#include <utility>

#include "sse/auth/jws.h"
#include "sse/auth/sha256.h"
#include "sse/auth/static_token.h"
#include "sse/base/escape.h"
#include "sse/base/time_text.h"

namespace sse::auth {
namespace {

// The dearest algorithm takes 236 us (EdDSA). A turn has time for two of them.
constexpr std::uint64_t kStepsPerSignature = Budget::kStepsPerMillisecond / 4;

}  // namespace

Result<std::shared_ptr<const Credentials>> Credentials::make(
    std::shared_ptr<const TokenFile> tokens, JwsVerifier verifier, ClaimRules rules,
    std::shared_ptr<const Revocations> revocations) {
  const auto keys = verifier.keys();
  const bool has_public_key = std::any_of(
      keys.begin(), keys.end(), [](const IssuerKey& each) { return !each.key.is_secret(); });
  if (has_public_key && rules.audiences.empty()) {
    return Error{ErrorCode::kInvalid,
                 "a public key needs an audience: without one, tokens that its issuer made for "
                 "other services count here"};
  }
  return std::shared_ptr<const Credentials>(new Credentials(
      std::move(tokens), std::move(verifier), std::move(rules), std::move(revocations)));
}

Credentials::Credentials(std::shared_ptr<const TokenFile> tokens, JwsVerifier verifier,
                         ClaimRules rules, std::shared_ptr<const Revocations> revocations)
    : tokens_(std::move(tokens)),
      verifier_(std::move(verifier)),
      rules_(std::move(rules)),
      revocations_(std::move(revocations)) {
}

SharedPrincipal Credentials::newest_of(const SharedPrincipal& principal) const {
  if (standing_of(*principal) == Standing::kGone) return nullptr;
  if (principal->id.starts_with(kJwtPrefix) || tokens_ == nullptr) return principal;
  return tokens_->find_principal(principal->id);
}

Credentials::Standing Credentials::standing_of(const Principal& principal) const {
  if (principal.parent != nullptr) return standing_of(*principal.parent);
  if (is_revoked(principal)) return Standing::kGone;
  if (principal.id.starts_with(kJwtPrefix)) return Standing::kSame;
  const auto now = tokens_ == nullptr ? nullptr : tokens_->find_principal(principal.id);
  // Another secret under the same id is another token.
  if (now == nullptr || now->token_id != principal.token_id) {
    // Without a grant it is the same as with an [anonymous] that is not there.
    const bool had_nothing = principal.publish.is_empty() && principal.subscribe.is_empty();
    return principal.is_anonymous && had_nothing ? Standing::kSame : Standing::kGone;
  }
  const bool is_same = has_same_rights(*now, principal) && now->expires == principal.expires;
  return is_same ? Standing::kSame : Standing::kChanged;
}

Authenticator::Authenticator(std::shared_ptr<const Credentials> credentials,
                             const AuthenticatorOptions& options, RandomSource& random)
    : credentials_(std::move(credentials)),
      verified_(options.max_verified_tokens, random),
      failures_(options.max_peer_groups, random) {
}

Result<SharedPrincipal, TokenFault> Authenticator::judge(std::string_view token, const Group& group,
                                                         const Now& now, Budget& budget) {
  const auto current = credentials();
  const auto id = static_token_id(token);
  auto judged =
      id ? judge_static(*current, *id, token, now.wall) : judge_jwt(token, group, now, budget);
  if (judged && current->is_revoked(**judged)) {
    judged = TokenFault{TokenFault::Kind::kClaims, "the token was revoked"};
  }
  if (!judged) ++refused_;
  return judged;
}

Result<SharedPrincipal, TokenFault> Authenticator::judge_certificate(
    std::span<const std::string> names, const Now& now) {
  const auto current = credentials();
  const auto refuse = [this](TokenFault::Kind kind, std::string reason) {
    ++refused_;
    return TokenFault{kind, std::move(reason)};
  };
  auto principal = current->tokens() ? current->tokens()->find_certificate(names) : nullptr;
  if (principal == nullptr) {
    return refuse(
        TokenFault::Kind::kKey,
        "no row of the token file has a name of the client certificate: " + escaped(names.front()) +
            (names.size() > 1 ? ", " + escaped(names[1]) : std::string()));
  }
  if (principal->is_expired(now.wall)) {
    return refuse(TokenFault::Kind::kClaims, "the row of the client certificate expired at " +
                                                 format_rfc3339(*principal->expires));
  }
  if (current->is_revoked(*principal)) {
    return refuse(TokenFault::Kind::kClaims, "the client certificate was revoked");
  }
  return principal;
}

SharedPrincipal Authenticator::anonymous() const {
  const auto current = credentials();
  return current->tokens() ? current->tokens()->anonymous() : nullptr;
}

void Authenticator::replace(std::shared_ptr<const Credentials> credentials) {
  {
    const MutexLock lock(mutex_);
    credentials_ = std::move(credentials);
  }
  // After that: what is checked with the old keys from here on has the old generation.
  verified_.clear();
}

std::shared_ptr<const Credentials> Authenticator::credentials() const {
  const MutexLock lock(mutex_);
  return credentials_;
}

AuthenticatorCounts Authenticator::counts() const {
  return {cached_.load(), checked_.load(), refused_.load()};
}

Result<SharedPrincipal, TokenFault> Authenticator::judge_static(const Credentials& credentials,
                                                                std::string_view id,
                                                                std::string_view token,
                                                                WallTime now) {
  auto principal = credentials.tokens() ? credentials.tokens()->find(id, token) : nullptr;
  if (principal == nullptr) {
    return TokenFault{TokenFault::Kind::kKey, "no token " + std::string(id) + " with this secret"};
  }
  if (principal->is_expired(now)) {
    return TokenFault{TokenFault::Kind::kClaims,
                      "the token expired at " + format_rfc3339(*principal->expires)};
  }
  return principal;
}

Result<SharedPrincipal, TokenFault> Authenticator::judge_jwt(std::string_view token,
                                                             const Group& group_of_peer,
                                                             const Now& now, Budget& budget) {
  // Before the hash: a header line may be longer than a token.
  if (token.size() > kMaxTokenSize) {
    return TokenFault{TokenFault::Kind::kForm, "it is longer than a token may be"};
  }
  const Sha256 digest = sha256_of(token);
  if (auto known = verified_.find(digest, now.wall)) {
    ++cached_;
    return known;
  }
  const std::string group = group_of_peer();
  const auto generation = verified_.generation();  // before the keys are read
  const auto current = credentials();
  const auto jws = parse_jws(token);
  if (!jws) return jws.error();
  const auto key = current->verifier().verify(*jws, [&] {
    const bool may_check = failures_.begin_check(group, now.boot).count() == 0;
    if (may_check) {
      ++checked_;
      budget.spend(kStepsPerSignature);
    }
    return may_check;
  });
  if (!key) return key.error();
  auto principal =
      read_claims(jws->payload, (*key)->issuer, current->rules(), now.wall, to_hex(digest));
  if (!principal) return TokenFault{TokenFault::Kind::kClaims, principal.error().text};
  // Not before: a client that sends an expired token in a loop costs a signature each time.
  failures_.succeeded(group);
  verified_.insert(generation, digest, *principal);
  return *std::move(principal);
}

}  // namespace sse::auth
