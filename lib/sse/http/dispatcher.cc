#include "sse/http/dispatcher.h"

#include <exception>
#include <string>

#include <httplib.h>

#include "sse/base/logging.h"
#include "sse/http/error_response.h"

namespace sse::http {
namespace {

void answer_failure(const httplib::Request& request, httplib::Response& response,
                    const std::string& what) {
  log_line(LogLevel::kError, request.method + " " + request.path + " failed: " + what);
  // Dropped: the answer is not the handler's any more. Its releaser runs with the provider.
  response.content_provider_ = nullptr;
  error_response(response, 500, "internal error: see the server's log");
}

// Runs what the program mounted: nothing that it throws leaves here. False: it threw.
template <typename Work>
bool guarded(const httplib::Request& request, httplib::Response& response, const Work& work) {
  try {
    work();
    return true;
  } catch (const std::exception& failure) {
    answer_failure(request, response, failure.what());
  } catch (...) {
    answer_failure(request, response, "something that is no exception was thrown");
  }
  return false;
}

}  // namespace

const Route* Dispatcher::dispatch(httplib::Request& request, httplib::Response& response,
                                  Upgrade& upgrade, Deferral& deferral) const {
  const Route* found = nullptr;
  const bool went_well =
      guarded(request, response, [&] { found = route(request, response, upgrade, deferral); });
  return went_well ? found : nullptr;
}

void Dispatcher::fill_late(const httplib::Request& request, httplib::Response& response,
                           const DeferredAnswer::Fill& fill) const {
  if (fill == nullptr) return answer_failure(request, response, "its deferred answer never came");
  guarded(request, response, [&] { fill(response); });
}

const Route* Dispatcher::route(httplib::Request& request, httplib::Response& response,
                               Upgrade& upgrade, Deferral& deferral) const {
  if (hooks_.before && hooks_.before(request, response)) return nullptr;
  const RouteMatch match = router_.find(request.method, request.path);
  if (match.route == nullptr) {
    answer_without_route(match, request, response);
    return nullptr;
  }
  if (!match.parameter.empty()) {
    const std::string name(match.parameter);
    request.params.erase(name);
    request.params.emplace(name, match.parameter_value);
  }
  if (match.route->stream) {
    match.route->stream(request, response, upgrade);
  } else if (match.route->deferring) {
    match.route->deferring(request, response, deferral);
  } else {
    match.route->handler(request, response);
  }
  return match.route;
}

void Dispatcher::answer_without_route(const RouteMatch& match, const httplib::Request& request,
                                      httplib::Response& response) const {
  if (!match.method_known) {
    return error_response(response, 501, "the method " + request.method + " is not served");
  }
  const std::string allowed = router_.allowed_methods(request.path);
  if (allowed.empty()) return error_response(response, 404, "there is nothing at " + request.path);
  response.headers.emplace("Allow", allowed);
  if (request.method == "OPTIONS") {
    response.status = 204;
    return;
  }
  error_response(response, 405,
                 request.method + " is not for " + request.path + ", which takes " + allowed);
}

}  // namespace sse::http
