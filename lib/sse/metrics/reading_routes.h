#pragma once

/// \file
/// `POST /metrics/readings`: one reading, an array, or NDJSON (docs/stream.md).

#include "sse/base/export.h"
#include "sse/domain/ports.h"

namespace sse::http {
class Call;
class Router;
}  // namespace sse::http

namespace sse::web {
struct RequestBody;
}

namespace sse::metrics {

class MetricRights;

/// Thread-safe. Outlives the router's use.
class SSE_EXPORT ReadingRoutes {
 public:
  explicit ReadingRoutes(const domain::Ports& ports) : ports_(ports) {}

  void add_to(http::Router& router);

  void record(http::Call& call) const;

 private:
  MetricRights rights_of(const http::Call& call) const;
  void record_one(http::Call& call) const;
  void record_many(const web::RequestBody& body, http::Call& call) const;

  const domain::Ports ports_;
};

}  // namespace sse::metrics
