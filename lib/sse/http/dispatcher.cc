#include "sse/http/dispatcher.h"

#include <exception>
#include <string>
#include <string_view>

#include <httplib.h>

#include "sse/base/logging.h"
#include "sse/http/error_response.h"

namespace sse::http {
namespace {

constexpr std::string_view kInternalError = "internal error: see the server's log";

// Runs what the program mounted: nothing that it throws leaves here. `name` says what it is, if
// need be. False: it threw.
template <typename Name, typename Work>
bool guarded(const Name& name, httplib::Response& response, const Work& work) {
  std::string what = "something that is no exception was thrown";
  try {
    work();
    if (response.status < 100 || response.status > 999) response.status = 200;  // not said
    return true;
  } catch (const std::exception& failure) {
    what = failure.what();
  } catch (...) {
  }
  log_line(LogLevel::kError, name() + " failed: " + what);
  // Dropped: the answer is not the handler's any more. Its releaser runs with the provider.
  response.content_provider_ = nullptr;
  error_response(response, 500, kInternalError);
  return false;
}

}  // namespace

Dispatched Dispatcher::dispatch(httplib::Request& request, httplib::Response& response,
                                Upgrade& upgrade, Deferral& deferral) const {
  Dispatched dispatched;
  const auto name = [&] { return request.method + " " + request.path; };
  if (!guarded(name, response, [&] { route(request, response, upgrade, deferral, dispatched); })) {
    dispatched.route = nullptr;
  }
  return dispatched;
}

void fill_late(httplib::Response& response, const DeferredAnswer::Fill& fill) {
  if (fill == nullptr) {
    log_line(LogLevel::kError, "a deferred answer never came");
    return error_response(response, 500, kInternalError);
  }
  guarded([] { return std::string("a deferred answer"); }, response, [&] { fill(response); });
}

void Dispatcher::prepare_refusal(const httplib::Request& request,
                                 httplib::Response& response) const {
  if (!hooks_.before || request.method.empty()) return;
  guarded([&] { return request.method + " " + request.path; }, response,
          [&] { hooks_.before(request, response); });
}

void Dispatcher::route(httplib::Request& request, httplib::Response& response, Upgrade& upgrade,
                       Deferral& deferral, Dispatched& dispatched) const {
  if (hooks_.before && hooks_.before(request, response)) return;
  if (hooks_.admit && hooks_.admit(request, response, dispatched.finish)) return;
  const RouteMatch match = router_.find(request.method, request.path);
  if (match.route == nullptr) return answer_without_route(match, request, response);
  if (!match.parameter.empty()) {
    const std::string name(match.parameter);
    request.params.erase(name);
    request.params.emplace(name, match.parameter_value);
  }
  dispatched.route = match.route;
  if (match.route->stream) {
    match.route->stream(request, response, upgrade);
  } else if (match.route->deferring) {
    match.route->deferring(request, response, deferral);
  } else {
    match.route->handler(request, response);
  }
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
