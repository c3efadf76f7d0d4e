#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace sse::bench {

/// What the kernel says of a server and its worker processes, from /proc.
struct ServerUse {
  double cpu_seconds = 0;            ///< user and system, all threads, as the scheduler counts them
  std::uint64_t rss_bytes = 0;       ///< what workers share counts once
  std::uint64_t peak_rss_bytes = 0;  ///< of the process itself, without its workers
};

/// nullopt when there is no such process.
std::optional<ServerUse> read_use(pid_t pid);

/// User and system time of this process so far, in seconds.
double own_cpu_seconds();

}  // namespace sse::bench
