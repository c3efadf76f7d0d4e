#pragma once

/// \file
/// How often a principal, or a peer without one, may publish and open streams.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sse/auth/rate_buckets.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/ip_address.h"
#include "sse/base/random.h"

namespace sse::http {
class Call;
enum class Verdict : std::uint8_t;
}  // namespace sse::http

namespace sse::gate {

struct RateOptions {
  std::optional<double> publish;       ///< events a second
  std::optional<double> open;          ///< streams a second
  std::vector<AddressRange> exempt{};  ///< more addresses without a limit; this machine's have none
  std::size_t max_buckets = 100'000;
};

/// Since the start. A value.
struct RateCounts {
  std::uint64_t publish_refused = 0;
  std::uint64_t open_refused = 0;
  std::size_t buckets = 0;  ///< principals and addresses that are known now
};

/// Buckets by principal, else by the group of the peer's address (decision 13). A bucket holds what
/// a second brings, at least one: so much may come at once. A batch that finds one event left
/// passes whole, and the next request waits until it is paid for. Requests of this machine that no
/// proxy has forwarded are exempt. Thread-safe.
class SSE_EXPORT RateLimits {
 public:
  /// `clock` outlives this.
  RateLimits(RateOptions options, const Clock& clock, RandomSource& random);

  /// Stands behind the keys of repeats, which cost nothing (http::ServerHooks::on_request).
  /// kAnswered: with 429 and an exact Retry-After; nothing was done. Else one event is taken, and
  /// http::Call::on_more_events() takes those of a batch.
  http::Verdict admit_write(http::Call& call);

  /// Takes one stream. 0: it may be opened; else how long to stay away.
  std::chrono::nanoseconds take_stream(const http::Call& call);

  RateCounts counts() const;

 private:
  std::optional<std::string> key_of(const http::Call& call) const;

  const RateOptions options_;
  const Clock& clock_;
  std::optional<auth::RateBuckets>
      publish_;  // nullopt: no principal but those with a rate of their own
  std::optional<auth::RateBuckets> open_;
  std::atomic<std::uint64_t> publish_refused_{0};
  std::atomic<std::uint64_t> open_refused_{0};
};

}  // namespace sse::gate
