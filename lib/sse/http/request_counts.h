#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "sse/http/router.h"
#include "sse/http/server.h"
#include "sse/http/status.h"

namespace sse::http {

/// Requests of one loop, by route and status, and how long they took. Written by the loop, read by
/// anyone: without a lock, so the numbers of one request may be seen one after the other. Its size
/// is given by the routes; nothing that a peer sends adds to it.
class RequestCounts {
 public:
  explicit RequestCounts(const Router& router) : by_route_(router.routes().size() + 1) {}

  /// `route`: null when none answered. On the loop's thread.
  void count(const Route* route, int status, std::chrono::nanoseconds duration);

  /// Adds these to `sums`, which holds a place for each route, and the last one for none.
  void add_to(std::vector<RouteCounts>& sums) const;

 private:
  using Count = std::atomic<std::uint64_t>;
  struct OfRoute {
    std::array<Count, kStatuses.size() + 1> by_status{};  // the last: any other
    std::array<Count, RouteCounts::kBounds.size() + 1> by_duration{};
    Count nanoseconds = 0;
  };

  std::vector<OfRoute> by_route_;
};

}  // namespace sse::http
