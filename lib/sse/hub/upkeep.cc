#include "sse/hub/upkeep.h"

#include <algorithm>
#include <utility>

namespace sse::hub {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kLongestRound = std::chrono::seconds(1);
constexpr nanoseconds kShortestTick = std::chrono::milliseconds(5);

// After the last byte the peer's FIN is awaited this long: closing with unread input would make the
// kernel reset the connection and drop what the peer has not read yet.
constexpr nanoseconds kLinger = std::chrono::seconds(2);

nanoseconds tick_for(const HubOptions& options) {
  auto round = kLongestRound;
  if (options.slow_after.count() > 0) round = std::min(round, options.slow_after / 4);
  if (options.heartbeat.count() > 0) round = std::min(round, options.heartbeat / 4);
  return std::max(kShortestTick, round / static_cast<int>(Upkeep::kSlots));
}

}  // namespace

Upkeep::Upkeep(const HubOptions& options, BootTime now)
    : lag_policy_{options.slow_after, options.max_lag},
      heartbeat_(options.heartbeat),
      tick_(tick_for(options)),
      now_(now),
      awake_since_(now) {
}

void Upkeep::begin_tick(BootTime now) {
  const nanoseconds longest =
      std::max(lag_policy_.slow_after / 2, tick_ * static_cast<int>(kSlots));
  if (now - std::exchange(now_, now) > longest) awake_since_ = now;
  slot_ = (slot_ + 1) % kSlots;
}

Upkeep::Need Upkeep::need_of(const Facts& facts) const {
  switch (facts.state) {
    case Schedule::State::kBlocked:
      return is_slow(facts) ? Need::kSlow : Need::kNothing;
    case Schedule::State::kResting:
    case Schedule::State::kParked:  // a disk may take long
      return is_heartbeat_due(facts) ? Need::kHeartbeat : Need::kNothing;
    case Schedule::State::kLingering:
      return now_ - facts.unchanged_since >= linger_of(facts) ? Need::kEnd : Need::kNothing;
    case Schedule::State::kDue:
    case Schedule::State::kBehind:
    case Schedule::State::kEnding:
    case Schedule::State::kLeaving:
    case Schedule::State::kDead:
      break;
  }
  return Need::kNothing;
}

// What a blocked stream was sent has as long to leave as any other's.
nanoseconds Upkeep::linger_of(const Facts& facts) const {
  return facts.has_unsent ? std::max<nanoseconds>(kLinger, lag_policy_.slow_after) : kLinger;
}

bool Upkeep::is_slow(const Facts& facts) const {
  const nanoseconds blocked = now_ - std::max(facts.unchanged_since, awake_since_);
  return lag_policy_.is_slow({blocked, facts.bytes_behind, facts.events_lost, facts.was_caught_up});
}

// A stream that the walk has not come to yet is about to get more than a heartbeat. Streams that
// fell silent together, after an event to all, have theirs up to a quarter of the interval early,
// each by another part of it, so that the heartbeats do not leave together.
bool Upkeep::is_heartbeat_due(const Facts& facts) const {
  constexpr std::uint32_t kGoldenRatio = 0x9E3779B9;  // neighbours get parts far from each other
  constexpr std::int64_t kParts = 256;
  if (heartbeat_.count() <= 0 || !facts.has_all) return false;
  const std::int64_t part = (facts.index * kGoldenRatio) >> 24U;
  const nanoseconds early = heartbeat_ / (4 * kParts) * part;
  return now_ - facts.unchanged_since >= heartbeat_ - early;
}

}  // namespace sse::hub
