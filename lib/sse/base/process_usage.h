#pragma once

/// \file
/// What this process uses of the machine, as the kernel tells it (proc(5)).

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "sse/base/clock.h"
#include "sse/base/export.h"

namespace sse {

struct ProcessUsage {
  std::chrono::nanoseconds cpu{0};  ///< of all threads, user and system
  WallTime started;
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  /// nullopt when there are so many that counting them one by one would take long: kernels before
  /// 6.2 know no other way.
  std::optional<std::uint64_t> open_descriptors;
  std::optional<std::uint64_t> max_descriptors;  ///< RLIMIT_NOFILE; nullopt: no limit
};

/// Some files of /proc are read: 20 us. nullopt when there is no /proc.
SSE_EXPORT std::optional<ProcessUsage> process_usage(const Clock& clock);

}  // namespace sse
