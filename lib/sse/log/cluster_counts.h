#pragma once

/// \file
/// What the journal of a hub in a cluster has done.

#include <cstddef>
#include <cstdint>

#include "sse/wire/event_id.h"

namespace sse::log {

/// Since the start, and now. A value.
struct ClusterCounts {
  bool is_up = false;            ///< the engine answers
  wire::Epoch epoch = 0;         ///< of the next event
  wire::Sequence head = 0;       ///< newest event here
  std::uint64_t lag_events = 0;  ///< that the engine is known to have, and this node has not yet
  std::uint64_t calls = 0;       ///< appends to the stream that were answered, each of many events
  std::uint64_t own_events = 0;  ///< in these calls
  std::uint64_t entries = 0;     ///< of the stream that were read, from all nodes
  std::uint64_t reconnects = 0;  ///< after the connection was lost
  std::uint64_t fail_overs = 0;  ///< after which the engine was another one, and began an epoch
  std::uint64_t resets = 0;      ///< the log here was replaced, since the engine had lost events
  std::uint64_t timed_out = 0;   ///< appends answered without their outcome: it took too long
  std::uint64_t refused = 0;     ///< appends that found no room in what may be pending
  std::uint64_t failed = 0;      ///< calls that the engine has refused
  std::uint64_t damaged = 0;     ///< entries of the stream that could not be read, and are left out
  std::size_t nodes = 0;         ///< hubs that the engine knows of, with this one
  std::size_t pending_appends = 0;  ///< now: taken, and not in the log yet
  std::size_t pending_bytes = 0;    ///< of them
  std::size_t pending_limit = 0;    ///< --max-pending
};

}  // namespace sse::log
