#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace sse::bench {

/// What the kernel says of a server, from /proc.
struct ServerUse {
  double cpu_seconds = 0;  ///< user and system, all threads
  std::uint64_t rss_bytes = 0;
  std::uint64_t peak_rss_bytes = 0;
};

/// nullopt when there is no such process.
std::optional<ServerUse> read_use(pid_t pid);

}  // namespace sse::bench
