#pragma once

#include "sse/http/router.h"
#include "sse/http/server.h"

namespace sse::http {

/// What became of a request.
struct Dispatched {
  const Route* route = nullptr;  ///< that answered, or will; null: none did, or its handler failed
  Finish finish;                 ///< may be null
};

/// From a whole request to its response: the gate, the route, or the error that says why not.
/// Thread-compatible, and only read while it serves.
class Dispatcher {
 public:
  Dispatcher(const Router& router, const ServerHooks& hooks) : router_(router), hooks_(hooks) {}

  /// Fills `response`, or lets a stream handler take the socket, or a deferring one defer.
  Dispatched dispatch(httplib::Request& request, httplib::Response& response, Upgrade& upgrade,
                      Deferral& deferral) const;

  /// Sets the fields that the gate sets (CORS), so that a page may read the error that follows like
  /// any other; as far as the request was read. Whatever else the gate says is the error's.
  void prepare_refusal(const httplib::Request& request, httplib::Response& response) const;

 private:
  void route(httplib::Request& request, httplib::Response& response, Upgrade& upgrade,
             Deferral& deferral, Dispatched& dispatched) const;
  void answer_without_route(const RouteMatch& match, const httplib::Request& request,
                            httplib::Response& response) const;

  const Router& router_;
  const ServerHooks& hooks_;
};

/// Fills the response to a request that was deferred. Without `fill` there is none: 500.
void fill_late(httplib::Response& response, const DeferredAnswer::Fill& fill);

}  // namespace sse::http
