#include "sse/api/session_route.h"

#include <string>
#include <string_view>
#include <vector>

#include "sse/auth/principal.h"
#include "sse/base/time_text.h"
#include "sse/gate/rights.h"
#include "sse/gate/session_desk.h"
#include "sse/http/call.h"
#include "sse/http/error_response.h"
#include "sse/http/router.h"
#include "sse/json/writer.h"
#include "sse/web/answer.h"

namespace sse::api {
namespace {

void append_texts(std::string& out, std::string_view name, const std::vector<std::string>& texts) {
  out.append(",\"").append(name).append("\":[");
  for (const auto& text : texts) {
    if (&text != &texts.front()) out += ',';
    json::append_string(out, text);
  }
  out += ']';
}

std::string json_of(const auth::Principal& principal) {
  std::string text = R"({"principal":)";
  json::append_string(text, principal.id);
  append_texts(text, "publish", principal.publish.texts());
  append_texts(text, "subscribe", principal.subscribe.texts());
  append_texts(text, "permissions", auth::texts_of(principal.permissions));
  text += R"(,"expires":)";
  if (principal.expires) {
    json::append_string(text, format_rfc3339(*principal.expires));
  } else {
    text += "null";
  }
  text += principal.session ? R"(,"session":true)" : R"(,"session":false)";
  return text + '}';
}

void show(http::Call& call, int status, const auth::Principal& principal) {
  web::answer_json(call.response(), status, json_of(principal));
}

void open_session(http::Call& call, gate::SessionDesk& sessions) {
  sessions.open(call, [](http::Call& answered, const Result<gate::SessionDesk::Opened>& opened) {
    if (!opened) return web::answer_error(answered.response(), opened.error());
    const bool is_new = opened->how == gate::SessionDesk::How::kNew;
    show(answered, is_new ? 201 : 200, *opened->principal);
  });
}

void end_session(http::Call& call, gate::SessionDesk& sessions) {
  sessions.end(call, [](http::Call& answered, const Result<bool>& ended) {
    if (!ended) return web::answer_error(answered.response(), ended.error());
    if (!*ended) {
      return http::error_response(answered.response(), 404, "there is no session to end");
    }
    answered.response().status = 204;
  });
}

/// Everyone, where no credentials are asked for. The operator's routes go by address there, not by
/// a permission.
auth::Principal everyone() {
  auth::Principal principal;
  principal.id = auth::kAnonymous;
  principal.publish = auth::Grants::make({"#"}).value();
  principal.subscribe = principal.publish;
  principal.permissions.can_delete = true;
  return principal;
}

}  // namespace

void add_open_session_route(http::Router& router) {
  router.add(
      "GET", "/session", [all = everyone()](http::Call& call) { show(call, 200, all); },
      http::RouteNeeds::nothing());
}

void add_session_routes(http::Router& router, gate::SessionDesk& sessions) {
  router.add(
      "GET", "/session", [](http::Call& call) { show(call, 200, *gate::principal_of(call)); },
      http::RouteNeeds::anyone());
  router.add(
      "POST", "/session", [&sessions](http::Call& call) { open_session(call, sessions); },
      http::RouteNeeds());
  router.add(
      "DELETE", "/session", [&sessions](http::Call& call) { end_session(call, sessions); },
      http::RouteNeeds::anyone());
}

}  // namespace sse::api
