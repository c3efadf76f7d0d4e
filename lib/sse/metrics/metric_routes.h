#pragma once

/// \file
/// `/metrics`: the metrics domain over HTTP (docs/stream.md).

#include "sse/base/export.h"
#include "sse/domain/ports.h"

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace sse::http {
class Deferral;
class Router;
}  // namespace sse::http

namespace sse::metrics {

/// Thread-safe. Outlives the router's use.
class SSE_EXPORT MetricRoutes {
 public:
  explicit MetricRoutes(const domain::Ports& ports) : ports_(ports) {}

  void add_to(http::Router& router);

  void create(const httplib::Request& request, httplib::Response& response,
              http::Deferral& deferral) const;
  void list(const httplib::Request& request, httplib::Response& response) const;
  void show(const httplib::Request& request, httplib::Response& response) const;
  void remove(const httplib::Request& request, httplib::Response& response,
              http::Deferral& deferral) const;
  void list_readings(const httplib::Request& request, httplib::Response& response) const;

 private:
  const domain::Ports ports_;
};

}  // namespace sse::metrics
