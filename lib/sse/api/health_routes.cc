#include "sse/api/health_routes.h"

#include <httplib.h>

#include "sse/api/answer.h"
#include "sse/http/router.h"

namespace sse::api {

void add_health_routes(http::Router& router, std::function<bool()> is_ready) {
  router.add("GET", "/-/healthz", [](const httplib::Request&, httplib::Response& response) {
    answer_json(response, 200, R"({"status":"ok"})");
  });
  router.add(
      "GET", "/-/readyz",
      [is_ready = std::move(is_ready)](const httplib::Request&, httplib::Response& response) {
        if (is_ready()) return answer_json(response, 200, R"({"status":"ready"})");
        answer_error(response,
                     {ErrorCode::kUnavailable, "the hub is draining; ask again when it is back"});
      });
}

}  // namespace sse::api
