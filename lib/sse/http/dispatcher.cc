#include "sse/http/dispatcher.h"

#include <exception>
#include <string>
#include <string_view>

#include "sse/base/logging.h"
#include "sse/http/error_response.h"

namespace sse::http {
namespace {

// Runs what the program mounted: nothing that it throws leaves here. `name` says what it is, if
// need be. False: it threw.
template <typename Name, typename Work>
bool guarded(const Name& name, Response& response, const Work& work) {
  std::string what;
  try {
    work();
    return true;
  } catch (const std::exception& failure) {
    what = failure.what();
  } catch (...) {
    what = "an unknown exception";
  }
  log_line(LogLevel::kError, name() + " failed: " + what);
  error_response(response, 500, kInternalError);
  return false;
}

std::string name_of(const Call& call) {
  return call.request().method + " " + call.request().path;
}

}  // namespace

Verdict Dispatcher::judge_head(Call& call, const Route*& route) const {
  Verdict verdict = Verdict::kGoOn;
  const auto judge = [&] {
    if (hooks_.on_head) verdict = hooks_.on_head(call);
  };
  if (!guarded([&] { return name_of(call); }, call.response(), judge)) return Verdict::kAnswered;
  if (verdict == Verdict::kAnswered) return verdict;
  const RouteMatch match = router_.find(call.request().method, call.request().path);
  if (hooks_.on_route) verdict = ask_gate(call, hooks_.on_route, match);
  return verdict == Verdict::kGoOn ? take_route(call, match, route) : verdict;
}

Verdict Dispatcher::judge_again(Call& call, const Judge& judge, const Route*& route) const {
  const RouteMatch match = router_.find(call.request().method, call.request().path);
  const Verdict verdict = ask_gate(call, judge, match);
  return verdict == Verdict::kGoOn ? take_route(call, match, route) : verdict;
}

Verdict Dispatcher::ask_gate(Call& call, const Judge& judge, const RouteMatch& match) {
  Verdict verdict = Verdict::kAnswered;
  guarded([&] { return name_of(call); }, call.response(), [&] { verdict = judge(call, match); });
  return verdict;
}

Verdict Dispatcher::take_route(Call& call, const RouteMatch& match, const Route*& route) const {
  if (match.route == nullptr) {
    answer_without_route(match, call);
    return Verdict::kAnswered;
  }
  if (!match.parameter.empty()) {
    auto& request = call.request();
    request.params.emplace(request.params.begin(), match.parameter, match.parameter_value);
  }
  route = match.route;
  return Verdict::kGoOn;
}

Dispatcher::Outcome Dispatcher::dispatch(Call& call, const Route& route, Finish& finish) const {
  auto outcome = Outcome::kRoute;
  const auto work = [&] {
    if (hooks_.on_request && hooks_.on_request(call, finish) == Verdict::kAnswered) {
      outcome = Outcome::kGate;
    } else {
      route.handler(call);
    }
  };
  return guarded([&] { return name_of(call); }, call.response(), work) ? outcome : Outcome::kFailed;
}

void Dispatcher::ask_again(Call& call, const Route& route) const {
  guarded([&] { return name_of(call); }, call.response(), [&] { route.handler(call); });
}

Slice do_slice(const SlicedWork& work, Response& response, Budget& budget,
               const FunctionRef<Resume()>& later) {
  auto slice = Slice::kDone;
  guarded([] { return std::string("a response in slices"); }, response,
          [&] { slice = work(response, budget, later); });
  return slice;
}

void fill_late(Response& response, const DeferredAnswer::Fill& fill) {
  if (fill == nullptr) {
    log_line(LogLevel::kError, "a deferred answer never came");
    return error_response(response, 500, kInternalError);
  }
  guarded([] { return std::string("a deferred answer"); }, response, [&] { fill(response); });
}

void Dispatcher::prepare_refusal(Call& call) const {
  if (!hooks_.on_head || call.request().method.empty()) return;
  guarded([&] { return name_of(call); }, call.response(), [&] { hooks_.on_head(call); });
}

void Dispatcher::answer_without_route(const RouteMatch& match, Call& call) const {
  const Request& request = call.request();
  Response& response = call.response();
  if (!match.method_known) {
    return error_response(response, 501, "the method " + request.method + " is not served");
  }
  const std::string allowed = router_.allowed_methods(request.path);
  if (allowed.empty()) return error_response(response, 404, "there is nothing at " + request.path);
  response.fields.add("Allow", allowed);
  if (request.method == "OPTIONS") {
    response.status = 204;
    return;
  }
  error_response(response, 405,
                 request.method + " is not for " + request.path + ", which takes " + allowed);
}

}  // namespace sse::http
