#include "sse/auth/jws_verifier.h"

#include <algorithm>
#include <utility>

#include "sse/base/escape.h"

namespace sse::auth {
namespace {

TokenFault fault(TokenFault::Kind kind, std::string reason) {
  return {kind, std::move(reason)};
}

/// How a token and a key say that they mean each other, the best first.
enum class Fit : std::uint8_t { kSameId, kKeyWithoutId, kTokenWithoutId, kNone };

Fit fit_of(const Jws& jws, const IssuerKey& key) {
  if (key.id && jws.key_id) return *key.id == *jws.key_id ? Fit::kSameId : Fit::kNone;
  return key.id ? Fit::kTokenWithoutId : Fit::kKeyWithoutId;
}

Error indistinct(const char* how_many, const IssuerKey& key) {
  std::string text = "a token would not say which key it means: ";
  text.append(how_many).append(" ").append(to_string(key.key.algorithm())).append(" keys have ");
  text.append(key.id ? "the kid " + quoted(*key.id) : "no kid");
  return {ErrorCode::kInvalid, std::move(text)};
}

}  // namespace

Result<JwsVerifier> JwsVerifier::make(std::vector<IssuerKey> keys) {
  for (auto key = keys.begin(); key != keys.end(); ++key) {
    const auto algorithm = key->key.algorithm();
    std::size_t alike = 1;
    for (auto other = keys.begin(); other != key; ++other) {
      if (other->key.algorithm() != algorithm || other->id != key->id) continue;
      if (key->id && other->issuer == key->issuer) {
        return indistinct("two", *key);
      }
      if (++alike > kMostTries) return indistinct("more than four", *key);
    }
  }
  return JwsVerifier(std::move(keys));
}

std::vector<const IssuerKey*> JwsVerifier::candidates(const Jws& jws, Algorithm algorithm) const {
  std::vector<const IssuerKey*> found;
  for (const auto fit : {Fit::kSameId, Fit::kKeyWithoutId, Fit::kTokenWithoutId}) {
    if (fit == Fit::kKeyWithoutId && !found.empty()) return found;
    for (const auto& key : keys_) {
      if (found.size() == kMostTries) return found;
      if (key.key.algorithm() == algorithm && fit_of(jws, key) == fit) found.push_back(&key);
    }
  }
  return found;
}

Result<const IssuerKey*, TokenFault> JwsVerifier::verify(const Jws& jws,
                                                         FunctionRef<bool()> may_check) const {
  const auto algorithm = parse_algorithm(jws.algorithm);
  if (!algorithm) {
    return fault(TokenFault::Kind::kKey, "alg " + quoted(jws.algorithm) + " is not supported");
  }
  const auto keys = candidates(jws, *algorithm);
  if (keys.empty()) {
    return fault(TokenFault::Kind::kKey,
                 "no " + jws.algorithm + " key" +
                     (jws.key_id ? " has the kid " + quoted(*jws.key_id) : " is configured"));
  }
  if (!may_check()) {
    return fault(TokenFault::Kind::kWait, "too many bad tokens from this peer");
  }
  for (const auto* key : keys) {
    if (key->key.verifies(jws.signed_text, jws.signature)) return key;
  }
  return fault(TokenFault::Kind::kSignature, "the signature is wrong");
}

}  // namespace sse::auth
