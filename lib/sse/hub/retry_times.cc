#include "sse/hub/retry_times.h"

namespace sse::hub {
namespace {

using std::chrono::nanoseconds;

// An evicted subscriber stays away long, or N+1 browsers would evict each other for ever.
constexpr nanoseconds kEvicted = std::chrono::seconds(30);
// All subscribers come back after a shutdown: not in the same second.
constexpr nanoseconds kShutdownSpread = std::chrono::seconds(5);
// All streams of a node are reset at once, and each resumes with a lookup: over two seconds.
constexpr nanoseconds kResetSpread = std::chrono::seconds(2);
// An EventSource comes back to learn that there is no more. So do all readers of a stream.
constexpr nanoseconds kDoneSpread = std::chrono::seconds(2);
// Tokens that were made together end together.
constexpr nanoseconds kExpiredSpread = std::chrono::seconds(5);
// Rights that a reload has changed are those of many streams.
constexpr nanoseconds kChangedSpread = std::chrono::seconds(2);
// One that an operator ends is to stay away for a while.
constexpr nanoseconds kSentAway = std::chrono::seconds(30);
// The process that goes on is there already.
constexpr nanoseconds kSuccessorSpread = std::chrono::seconds(2);
constexpr nanoseconds kRefused = std::chrono::seconds(10);
constexpr nanoseconds kRefusedSpread = std::chrono::seconds(20);

}  // namespace

std::chrono::milliseconds RetryTimes::after(CloseReason reason) const {
  if (reason == CloseReason::kEvicted) return spread(kEvicted, kEvicted);
  const bool is_succeeded = has_successor_.load(std::memory_order_relaxed);
  if (reason == CloseReason::kShutdown && is_succeeded) {
    return spread(nanoseconds(0), kSuccessorSpread);
  }
  if (reason == CloseReason::kShutdown) return spread(retry_, kShutdownSpread);
  if (reason == CloseReason::kReset) return spread(nanoseconds(0), kResetSpread);
  if (reason == CloseReason::kDone) return spread(nanoseconds(0), kDoneSpread);
  if (reason == CloseReason::kExpired) return spread(nanoseconds(0), kExpiredSpread);
  if (reason == CloseReason::kChanged) return spread(nanoseconds(0), kChangedSpread);
  if (reason == CloseReason::kRevoked || reason == CloseReason::kClosed) {
    return spread(kSentAway, kSentAway);
  }
  return when_open();
}

std::chrono::milliseconds RetryTimes::after_refusal() const {
  const bool is_succeeded = has_successor_.load(std::memory_order_relaxed);
  return is_succeeded ? spread(nanoseconds(0), kSuccessorSpread) : spread(kRefused, kRefusedSpread);
}

std::chrono::milliseconds RetryTimes::spread(nanoseconds from, nanoseconds width) const {
  const auto extra = random_.below(static_cast<std::uint64_t>(width.count()) + 1);
  return std::chrono::ceil<std::chrono::milliseconds>(from + nanoseconds(extra));
}

}  // namespace sse::hub
