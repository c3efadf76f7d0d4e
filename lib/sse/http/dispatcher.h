#pragma once

#include "sse/http/router.h"
#include "sse/http/server.h"

namespace sse::http {

/// From a whole request to its response: the gate, the route, or the error that says why not.
/// Thread-compatible, and only read while it serves.
class Dispatcher {
 public:
  Dispatcher(const Router& router, const ServerHooks& hooks) : router_(router), hooks_(hooks) {}

  /// Fills `response`, or lets a stream handler take the socket, or a deferring one defer. The
  /// route that answered, or will; null when none did, or its handler failed.
  const Route* dispatch(httplib::Request& request, httplib::Response& response, Upgrade& upgrade,
                        Deferral& deferral) const;

  /// Fills the response to a request that was deferred. Without `fill` there is none: 500.
  void fill_late(const httplib::Request& request, httplib::Response& response,
                 const DeferredAnswer::Fill& fill) const;

 private:
  const Route* route(httplib::Request& request, httplib::Response& response, Upgrade& upgrade,
                     Deferral& deferral) const;
  void answer_without_route(const RouteMatch& match, const httplib::Request& request,
                            httplib::Response& response) const;

  const Router& router_;
  const ServerHooks& hooks_;
};

}  // namespace sse::http
