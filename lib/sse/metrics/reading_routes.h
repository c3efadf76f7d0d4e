#pragma once

/// \file
/// `POST /metrics/readings`: one reading, an array, or NDJSON (docs/stream.md).

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

namespace sse::web {
struct RequestBody;
}

namespace sse::metrics {

/// Thread-safe. Outlives the router's use.
class SSE_EXPORT ReadingRoutes {
 public:
  explicit ReadingRoutes(const domain::Ports& ports) : ports_(ports) {}

  void add_to(http::Router& router);

  void record(const httplib::Request& request, httplib::Response& response,
              http::Deferral& deferral) const;

 private:
  void record_one(const httplib::Request& request, httplib::Response& response,
                  http::Deferral& deferral) const;
  void record_many(const web::RequestBody& body, httplib::Response& response,
                   http::Deferral& deferral) const;

  const domain::Ports ports_;
};

}  // namespace sse::metrics
