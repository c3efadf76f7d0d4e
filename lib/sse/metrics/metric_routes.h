#pragma once

/// \file
/// `/metrics`: the metrics domain over HTTP (docs/stream.md).

#include "sse/base/export.h"
#include "sse/domain/ports.h"

namespace sse::http {
class Call;
class Router;
struct Request;
struct Response;
}  // namespace sse::http

namespace sse::metrics {

class MetricRights;

/// Thread-safe. Outlives the router's use.
class SSE_EXPORT MetricRoutes {
 public:
  explicit MetricRoutes(const domain::Ports& ports) : ports_(ports) {}

  void add_to(http::Router& router);

  void create(http::Call& call) const;
  void list(http::Call& call) const;
  void show(http::Call& call) const;
  void remove(http::Call& call) const;
  void list_readings(http::Call& call) const;

 private:
  MetricRights rights_of(const http::Call& call) const;

  const domain::Ports ports_;
};

}  // namespace sse::metrics
