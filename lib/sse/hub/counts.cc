#include "sse/hub/counts.h"

namespace sse::hub {
namespace {

template <std::size_t N>
void add(std::array<std::uint64_t, N>& sums, const std::array<std::uint64_t, N>& more) {
  for (std::size_t i = 0; i < N; ++i) sums[i] += more[i];
}

}  // namespace

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::kPeer:
      return "peer";
    case CloseReason::kEvicted:
      return "evicted";
    case CloseReason::kSlow:
      return "slow";
    case CloseReason::kShutdown:
      return "shutdown";
    case CloseReason::kReset:
      return "reset";
    case CloseReason::kDone:
      return "done";
    case CloseReason::kExpired:
      return "expired";
    case CloseReason::kRevoked:
      return "revoked";
    case CloseReason::kChanged:
      return "changed";
    case CloseReason::kClosed:
      return "closed";
  }
  return "";
}

Counts& Counts::operator+=(const Counts& other) {
  opened += other.opened;
  add(closed, other.closed);
  add(refused, other.refused);
  resumed += other.resumed;
  conflated += other.conflated;
  add(gaps, other.gaps);
  missed += other.missed;
  deliveries += other.deliveries;
  conflated_events += other.conflated_events;
  rounds += other.rounds;
  heartbeats += other.heartbeats;
  sends += other.sends;
  bytes += other.bytes;
  parked += other.parked;
  turns += other.turns;
  wake_ups += other.wake_ups;
  turn_times += other.turn_times;
  add(lag.buckets, other.lag.buckets);
  lag.sum += other.lag.sum;
  return *this;
}

}  // namespace sse::hub
