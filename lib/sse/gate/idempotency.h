#pragma once

/// \file
/// `Idempotency-Key`: a POST that is repeated gets its first answer again, and nothing is done
/// twice (docs/stream.md).

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/keyed_digest.h"
#include "sse/base/later.h"
#include "sse/base/mutex.h"
#include "sse/http/call.h"

namespace sse::gate {

struct IdempotencyOptions {
  std::chrono::nanoseconds window =
      std::chrono::minutes(10);  ///< from the answer; 0: keys are ignored
  /// Answers, keys and what it takes to find them. A publisher that never repeats itself would fill
  /// all memory in a window.
  std::size_t max_bytes = 32U << 20U;
};

/// A larger answer would push out those of all other peers. Only that it was given is kept.
inline constexpr std::size_t kMaxKeptAnswer = 4U << 20U;

/// Since the start, and now. A value.
struct IdempotencyCounts {
  std::uint64_t kept = 0;        ///< answers
  std::uint64_t replayed = 0;    ///< given again
  std::uint64_t conflicts = 0;   ///< 409: the first one is still being answered
  std::uint64_t mismatches = 0;  ///< 422: the key of another request
  std::uint64_t pushed_out = 0;  ///< before the end of their window, to stay within max_bytes
  std::size_t answers = 0;       ///< kept now
  std::size_t bytes = 0;         ///< that those take, and what finds them
};

class IdempotencyStore;

/// The answers to POSTs that had a key, for a window. Memory is shared by peers: an IPv4 address,
/// an IPv6 /64, or the principal where that is known. When it is full, the peer whose answers take
/// the most loses its oldest one (decision 27). Thread-safe: one lock, held to find and to link; a
/// request without a key does not take it.
class SSE_EXPORT Idempotency {
 public:
  /// `random`: for the keys of its hashes. `clock` outlives it, and every response that it saw.
  Idempotency(const IdempotencyOptions& options, const Clock& clock, RandomSource& random);
  ~Idempotency();

  /// Answers are kept elsewhere, too (http::Call::repeat()), and were read back: `texts`, with the
  /// times of their answers, oldest first; every one from `since` on is there. That holds for POSTs
  /// to `paths` alone. `digest_key` made the digests of their requests. Before requests come.
  void load(const std::array<std::uint64_t, 2>& digest_key, BootTime since,
            const std::vector<std::pair<BootTime, std::string>>& texts,
            std::vector<std::string> paths);

  /// All answers that are kept, as load() takes them, with the key of their digests.
  struct Carried {
    std::array<std::uint64_t, 2> digest_key{};
    BootTime since;
    std::vector<std::pair<BootTime, std::string>> texts;
  };
  Carried carried() const;

  /// What is kept elsewhere was lost, with the events of those requests: from now on they are told
  /// by another key there, and known from `since` on. Any time.
  void forget_elsewhere(const std::array<std::uint64_t, 2>& digest_key, BootTime since);

  /// POSTs to this path answer with a secret, which is not kept: a key is refused there with 400.
  /// Before requests come.
  void refuse_keys_of(std::string path) { secret_paths_.push_back(std::move(path)); }

  /// Stands before the routes (http::ServerHooks::on_request). kAnswered: from what is kept, or
  /// with 400, 409, 412 or 422. 412: the key is not known, and its age says that an earlier try may
  /// have been answered and forgotten. Every answer to a key says in `Idempotency-Keys` how long
  /// keys are known, and for how long back all keys of this peer are. Else, if the request has a
  /// key, the key is taken until `finish` has run or is destroyed; for an answer in pieces until
  /// the last one; for 504 until the outcome is known, where something has taken on to tell it
  /// (RepeatRecord::settle). Only answers of success are kept, and 504 when the outcome stays
  /// unknown: what failed otherwise has done nothing, and may succeed when it is tried again.
  http::Verdict admit(http::Call& call, http::Finish& finish);

  IdempotencyCounts counts() const;

 private:
  static Digest fingerprint_of(const http::Request& request, const KeyedDigest& digest);
  std::shared_ptr<RepeatClaim> claim_of(const http::Request& request, const std::string& name) const
      SSE_EXCLUDES(mutex_);

  const IdempotencyOptions options_;
  const Clock& clock_;
  const BootTime start_;
  KeyedDigest digest_;  // of requests that are known here; constant after load()
  mutable Mutex mutex_;
  std::array<std::uint64_t, 2> key_elsewhere_
      SSE_GUARDED_BY(mutex_){};            // of digests that are there
  std::vector<std::string> paths_;         // whose answers are kept elsewhere, too; the same
  std::vector<std::string> secret_paths_;  // constant once requests come
  const std::shared_ptr<IdempotencyStore>
      store_;  // shared with reservations, which may outlive this
};

}  // namespace sse::gate
