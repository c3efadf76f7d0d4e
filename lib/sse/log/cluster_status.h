#pragma once

/// \file
/// The hubs of a cluster and the engine that they share, as one of them sees them.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sse/base/clock.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// What a hub says of itself, beside what its journal knows. A value.
struct ClusterSelf {
  std::string name;     ///< of its machine
  std::string address;  ///< where it is reached
  std::string version;
  WallTime started;
  std::size_t streams = 0;  ///< now
};

/// A value.
struct ClusterNode {
  std::string id;  ///< of its process
  ClusterSelf self;
  wire::Epoch epoch = 0;             ///< of the next event, as this hub knows it
  wire::Sequence head = 0;           ///< newest event there
  std::uint64_t lag_events = 0;      ///< that the engine is known to have, and this hub has not yet
  std::chrono::milliseconds age{0};  ///< of what it has said, by the engine's clock
  bool is_up = false;                ///< it has said so in the last seconds
  bool is_self = false;              ///< it is the hub that was asked
};

struct ClusterReplica {
  std::string address;
  std::string state;            ///< `online`, or how far it has got with its copy
  std::uint64_t lag_bytes = 0;  ///< of the engine's writes
};

struct ClusterEngine {
  bool is_up = false;
  std::string error;  ///< why it could not be asked; the rest but the address is then unknown
  std::string address;
  std::string version;
  std::string role;
  std::vector<ClusterReplica> replicas;
  std::uint64_t memory_used = 0;   ///< bytes
  std::uint64_t memory_limit = 0;  ///< bytes; 0: none
  std::uint64_t entries = 0;       ///< of the log's stream
  std::uint64_t epochs = 0;        ///< of the log, 64 at most: one more with each other engine
  wire::Sequence head = 0;         ///< newest event
};

struct ClusterStatus {
  std::vector<ClusterNode> nodes;  ///< by name and address; only the hub asked without the engine
  ClusterEngine engine;
  std::uint64_t fail_overs = 0;  ///< that the hub asked has seen
};

}  // namespace sse::log
