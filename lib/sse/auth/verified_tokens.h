#pragma once

/// \file
/// Tokens whose signature was checked before: a lookup instead of a signature.

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "sse/auth/principal.h"
#include "sse/auth/sha256.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/mutex.h"
#include "sse/base/random.h"

namespace sse::auth {

/// The principals of tokens, by the SHA-256 of the whole token. When it is full, of tokens or of
/// their bytes, the token that was asked for least recently is dropped. Thread-safe: one lock.
class SSE_EXPORT VerifiedTokens {
 public:
  /// What all of them take of memory, at most.
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20U;

  /// `most`: tokens; 0 keeps none.
  VerifiedTokens(std::size_t most, RandomSource& random);

  /// Counts how often the keys have changed.
  using Generation = std::uint64_t;

  /// Null when it is not here, or has expired: then it is dropped.
  SharedPrincipal find(const Sha256& token, WallTime now);

  /// To be asked for before a token is checked.
  Generation generation() const;
  /// Keeps nothing when keys have changed since `checked_at`: what was checked with the old ones
  /// must not outlive them. REQUIRES: `principal` expires.
  void insert(Generation checked_at, const Sha256& token, SharedPrincipal principal);

  /// Keys or rules have changed: forgets all.
  void clear();

  std::size_t size() const;
  /// Of memory, rounded up.
  std::size_t bytes() const;

 private:
  struct Entry {
    Sha256 token;
    SharedPrincipal principal;
    std::size_t bytes;
  };
  using Entries = std::list<Entry>;

  void drop(Entries::iterator entry) SSE_REQUIRES(mutex_);

  const std::size_t most_;
  mutable Mutex mutex_;
  Generation generation_ SSE_GUARDED_BY(mutex_) = 0;
  Entries entries_ SSE_GUARDED_BY(mutex_);  // the one asked for last is in front
  std::size_t bytes_ SSE_GUARDED_BY(mutex_) = 0;
  // The keys are those of the entries, which do not move.
  std::unordered_map<std::string_view, Entries::iterator, KeyedHash> by_token_
      SSE_GUARDED_BY(mutex_);
};

}  // namespace sse::auth
