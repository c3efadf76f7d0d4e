#pragma once

/// \file
/// What sse-tails measures: events a second through the two scripts, with two that read the tail.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "sse/base/result.h"

#include "load/report.h"

namespace sse::bench {

/// What the command line says.
struct TailOptions {
  std::uint16_t port = 6379;
  std::size_t in_flight = 64;  ///< events that have not come back through the first tail
  std::size_t batch = 1;       ///< events that are published together
  std::size_t size = 200;      ///< bytes of an event in a chunk
  std::chrono::nanoseconds warm_up = std::chrono::seconds(1);
  std::chrono::nanoseconds duration = std::chrono::seconds(3);
  std::optional<int> pid;  ///< of Redis
  bool json = false;
};

/// One thread gathers what may be published while its previous call is under way, and appends it in
/// one call; an event is done when the first tail has it, and counted when the second one has it,
/// too. Both tails check that no sequence is left out or comes twice.
Status measure_tails(const TailOptions& options, Report& report);

}  // namespace sse::bench
