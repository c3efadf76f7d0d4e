#pragma once

/// \file
/// What the hub counts.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>

#include "sse/base/export.h"
#include "sse/log/start.h"
#include "sse/net/turn_times.h"

namespace sse::hub {

/// Why a stream ended.
enum class CloseReason : std::uint8_t {
  kPeer,      ///< the subscriber went away
  kEvicted,   ///< the oldest one, to make room
  kSlow,      ///< it did not take what it was sent
  kShutdown,  ///< the hub drained
  kReset,     ///< the log was restarted: what it was sent may no longer hold
  kDone,      ///< it was sent the event that ends it (`until_type`)
  kExpired,   ///< its credential has ended
  kRevoked,   ///< its credential does not count any more
  kChanged,   ///< its credential counts for other topics than before
  kClosed,    ///< an operator closed it
};
inline constexpr std::array kCloseReasons = {
    CloseReason::kPeer,    CloseReason::kEvicted, CloseReason::kSlow,    CloseReason::kShutdown,
    CloseReason::kReset,   CloseReason::kDone,    CloseReason::kExpired, CloseReason::kRevoked,
    CloseReason::kChanged, CloseReason::kClosed};
/// `peer`, `evicted`, `slow`, `shutdown`, `reset`, `done`, `expired`, `revoked`, `changed`,
/// `closed`.
SSE_EXPORT std::string_view to_string(CloseReason reason);

/// Why a stream was not opened.
enum class Refusal : std::uint8_t {
  kFull,      ///< there are max_clients streams already
  kPeerFull,  ///< its address has max_per_peer streams already
  kFilters,   ///< the filters of all streams have max_filter_bytes, or its address has half of them
  kPairs,     ///< the newest of each pair was asked for, and the log has had more than max_pairs
  kDraining,
  kRate,           ///< its principal or address opens streams too often
  kPrincipalFull,  ///< its principal has all the streams that one may have
  kTickets,        ///< what keeps its ticket or session does not answer
};
inline constexpr std::array kRefusals = {
    Refusal::kFull,     Refusal::kPeerFull, Refusal::kFilters,       Refusal::kPairs,
    Refusal::kDraining, Refusal::kRate,     Refusal::kPrincipalFull, Refusal::kTickets};

/// How far behind streams were, each time they were sampled.
struct LagHistogram {
  /// Upper ends of the buckets, in bytes; there is one more, without end.
  static constexpr std::array<std::uint64_t, 10> kBounds = {
      0,           1U << 10U, 4U << 10U, 16U << 10U, 64U << 10U,
      256U << 10U, 1U << 20U, 4U << 20U, 16U << 20U, 64U << 20U};

  void observe(std::uint64_t bytes) {
    const auto* bucket = std::lower_bound(kBounds.begin(), kBounds.end(), bytes);
    ++buckets[static_cast<std::size_t>(bucket - kBounds.begin())];
    sum += bytes;
  }

  std::array<std::uint64_t, kBounds.size() + 1> buckets{};  ///< each counts its own
  std::uint64_t sum = 0;
};

/// Processor time of the loops' turns.
using net::TurnTimes;

/// Since the start. A value.
struct Counts {
  std::uint64_t opened = 0;
  std::array<std::uint64_t, kCloseReasons.size()> closed{};  ///< by CloseReason
  std::array<std::uint64_t, kRefusals.size()> refused{};     ///< by Refusal
  std::uint64_t resumed = 0;    ///< streams whose asked position was there
  std::uint64_t conflated = 0;  ///< streams that asked for the newest of each
  std::array<std::uint64_t, log::kGapReasons.size()> gaps{};  ///< streams told sse.gap, by reason
  std::uint64_t missed = 0;            ///< events of these gaps, where the number is known
  std::uint64_t deliveries = 0;        ///< events that a stream's socket took whole
  std::uint64_t conflated_events = 0;  ///< wanted, not sent: a newer one of the pair was there
  std::uint64_t rounds = 0;  ///< gathered for streams with an interval, each once for many
  std::uint64_t heartbeats = 0;
  std::uint64_t sends = 0;   ///< write attempts on streams' sockets
  std::uint64_t bytes = 0;   ///< taken by streams' sockets
  std::uint64_t parked = 0;  ///< streams that wait for the disk, now
  std::uint64_t turns = 0;   ///< of the loops
  std::uint64_t wake_ups = 0;
  TurnTimes turn_times;  ///< of all loops
  LagHistogram lag;

  std::uint64_t closed_for(CloseReason reason) const {
    return closed[static_cast<std::size_t>(reason)];
  }
  std::uint64_t refused_for(Refusal reason) const {
    return refused[static_cast<std::size_t>(reason)];
  }
  std::uint64_t gaps_for(log::GapReason reason) const {
    return gaps[static_cast<std::size_t>(reason)];
  }
  std::uint64_t all_gaps() const {
    return std::accumulate(gaps.begin(), gaps.end(), std::uint64_t{0});
  }

  SSE_EXPORT Counts& operator+=(const Counts& other);
};

}  // namespace sse::hub
