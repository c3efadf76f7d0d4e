#pragma once

#include <atomic>

#include "sse/base/export.h"
#include "sse/http/call.h"

namespace sse::gate {

/// Refuses what would change something once another process has the hub: of tickets, sessions and
/// whatever else is in memory, that process has a copy, which would not change. Thread-safe.
class SSE_EXPORT Departure {
 public:
  /// From now on.
  void begin() { has_begun_ = true; }

  /// Answers a request that is refused with 503, which says when to try again.
  http::Verdict admit(http::Call& call) const;

 private:
  std::atomic<bool> has_begun_ = false;
};

}  // namespace sse::gate
