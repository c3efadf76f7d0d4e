#pragma once

#include "sse/http/router.h"
#include "sse/http/server.h"

namespace sse::http {

/// From a whole request to its response: the gate, the route, or the error that says why not.
/// Thread-compatible, and only read while it serves.
class Dispatcher {
 public:
  Dispatcher(const Router& router, const ServerHooks& hooks) : router_(router), hooks_(hooks) {}

  /// Fills `response`, or lets a stream handler take the socket. The route that answered, or null.
  const Route* dispatch(httplib::Request& request, httplib::Response& response,
                        Upgrade& upgrade) const;

 private:
  const Route* route(httplib::Request& request, httplib::Response& response,
                     Upgrade& upgrade) const;
  void answer_without_route(const RouteMatch& match, const httplib::Request& request,
                            httplib::Response& response) const;

  const Router& router_;
  const ServerHooks& hooks_;
};

}  // namespace sse::http
