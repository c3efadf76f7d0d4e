#pragma once

/// \file
/// The most memory that a hub may hold, by its options.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/server/event_server_options.h"

namespace sse::server {

/// One part of the ceiling.
struct MemoryPart {
  std::string_view name;     ///< `streams`
  std::string_view formula;  ///< `--max-clients x 1 KiB`
  std::size_t bytes = 0;
};

/// What each part of a hub may hold at most, as docs/performance.md says it under "Sizing a
/// machine". Resident memory stays below the sum whatever peers do; what sockets hold in the kernel
/// comes on top. Handlers and projections of the program's own are not in it, but for the metrics
/// of sse-serve. A value.
class SSE_EXPORT MemoryCeiling {
 public:
  explicit MemoryCeiling(const EventServerOptions& options);

  const std::vector<MemoryPart>& parts() const { return parts_; }
  std::size_t bytes() const;

 private:
  std::vector<MemoryPart> parts_;
};

/// As people read it: `712.5 MiB`.
SSE_EXPORT std::string mebibytes(std::size_t bytes);

}  // namespace sse::server
