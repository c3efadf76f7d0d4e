#include "sse/client/backoff.h"

#include <algorithm>

namespace sse::client {
namespace {

constexpr std::chrono::seconds kHealthy{30};

/// A server may ask for patience, but not for ever.
constexpr std::chrono::nanoseconds kLongest = std::chrono::hours(24);

/// The share of the wait that jitter may add to it.
constexpr int kJitterDivisor = 4;

}  // namespace

void Backoff::set_reconnection_time(std::chrono::nanoseconds time) {
  reconnection_time_ = std::min(time, kLongest);
}

void Backoff::note_health(std::chrono::nanoseconds lasted) {
  if (lasted >= kHealthy) failures_ = 0;
}

std::chrono::nanoseconds Backoff::next(std::chrono::nanoseconds at_least) {
  const auto first = std::max(limits_.min, reconnection_time_);
  const auto most = std::max(limits_.max, first);
  auto wait = first;
  for (unsigned i = 0; i < failures_ && wait < most; ++i) wait *= 2;
  if (wait < most) ++failures_;
  wait = std::max(std::min(wait, most), std::min(at_least, kLongest));
  const auto jitter = static_cast<std::uint64_t>(wait.count() / kJitterDivisor);
  return wait + std::chrono::nanoseconds(random_.below(jitter + 1));
}

}  // namespace sse::client
