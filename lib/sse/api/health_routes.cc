#include "sse/api/health_routes.h"

#include "sse/http/call.h"
#include "sse/http/router.h"
#include "sse/web/answer.h"

namespace sse::api {

void add_health_routes(http::Router& router, std::function<log::JournalState()> state) {
  router.add(
      "GET", "/-/healthz",
      [](http::Call& call) { web::answer_json(call.response(), 200, R"({"status":"ok"})"); },
      http::RouteNeeds::nothing());
  const auto show_readiness = [state = std::move(state)](http::Call& call) {
    http::Response& response = call.response();
    const log::JournalState now = state();
    if (now == log::JournalState::kReady) {
      return web::answer_json(response, 200, R"({"status":"ready"})");
    }
    web::answer_error(response, log::journal_refusal(now));
  };
  router.add("GET", "/-/readyz", http::CallHandler(show_readiness), http::RouteNeeds::nothing());
}

}  // namespace sse::api
