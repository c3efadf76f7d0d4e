#pragma once

/// \file
/// What streams need in addition to events: heartbeats, and an end when they are slow.

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "sse/base/clock.h"
#include "sse/hub/lag_policy.h"
#include "sse/hub/options.h"
#include "sse/hub/schedule.h"

namespace sse::hub {

/// Says what a stream needs; its caller does it. Streams are visited in rounds of kSlots ticks, a
/// part of them in each tick, so that a million streams do not have their heartbeats in one turn.
/// Thread-compatible.
class Upkeep {
 public:
  static constexpr std::size_t kSlots = 16;

  enum class Need : std::uint8_t {
    kNothing,
    kHeartbeat,
    kSlow,  ///< it is to be closed as slow
    kEnd,   ///< it has lingered long enough
  };

  /// What is known of a stream.
  struct Facts {
    Schedule::State state = Schedule::State::kResting;
    std::uint32_t index = 0;   ///< in its list: spreads the heartbeats
    BootTime unchanged_since;  ///< Subscriber::unchanged_since()
    bool has_all = true;       ///< it was sent all that it can be sent now, and no part of an event
    bool has_unsent = false;   ///< while it lingers
    std::uint64_t bytes_behind = 0;
    std::uint64_t events_lost = 0;
    bool was_caught_up = false;
  };

  /// The part of a list that a tick visits: [begin, end).
  struct Part {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  Upkeep(const HubOptions& options, BootTime now);

  /// The time between two ticks.
  std::chrono::nanoseconds tick() const { return tick_; }

  /// A tick begins. If the last one is long past, the process stood still (suspend, SIGSTOP): what
  /// the peers took meanwhile is not known yet, so slowness counts from here. Shorter pauses leave
  /// a peer half of its time at least.
  void begin_tick(BootTime now);

  /// The part of a list of `size` streams that is visited in this tick.
  Part part_of(std::size_t size) const {
    return {size * slot_ / kSlots, size * (slot_ + 1) / kSlots};
  }

  /// In this tick.
  Need need_of(const Facts& facts) const;

 private:
  std::chrono::nanoseconds linger_of(const Facts& facts) const;
  bool is_slow(const Facts& facts) const;
  bool is_heartbeat_due(const Facts& facts) const;

  const LagPolicy lag_policy_;
  const std::chrono::nanoseconds heartbeat_;
  const std::chrono::nanoseconds tick_;
  std::size_t slot_ = kSlots - 1;  // of the present tick; the first tick begins a round
  BootTime now_;                   // when the present tick began
  BootTime awake_since_;
};

}  // namespace sse::hub
