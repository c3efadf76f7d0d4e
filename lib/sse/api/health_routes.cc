#include "sse/api/health_routes.h"

#include "sse/http/call.h"
#include "sse/http/router.h"
#include "sse/web/answer.h"

namespace sse::api {

void add_health_routes(http::Router& router, std::function<bool()> is_ready) {
  router.add("GET", "/-/healthz", [](http::Call& call) {
    web::answer_json(call.response(), 200, R"({"status":"ok"})");
  });
  router.add("GET", "/-/readyz", [is_ready = std::move(is_ready)](http::Call& call) {
    http::Response& response = call.response();
    if (is_ready()) return web::answer_json(response, 200, R"({"status":"ready"})");
    web::answer_error(response,
                      {ErrorCode::kUnavailable, "the hub is draining; ask again when it is back"});
  });
}

}  // namespace sse::api
