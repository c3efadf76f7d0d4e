#include "sse/api/ticket_routes.h"

#include <string_view>
#include <utility>

#include "sse/base/clock.h"
#include "sse/base/quantities.h"
#include "sse/base/time_text.h"
#include "sse/gate/ticket_desk.h"
#include "sse/http/call.h"
#include "sse/http/router.h"
#include "sse/hub/filter.h"
#include "sse/json/reader.h"
#include "sse/json/writer.h"
#include "sse/web/answer.h"

namespace sse::api {
namespace {

using gate::TicketDesk;

Result<std::chrono::nanoseconds> parse_life(std::string_view text) {
  constexpr std::chrono::seconds kShortest{1};
  const auto life = parse_duration(text);
  if (life && *life >= kShortest && *life <= TicketDesk::kLongestLife) return *life;
  return json::field_error("life", "a duration from 1s to 24h, such as \"1h\"",
                           json::in_quotes(text));
}

Result<TicketDesk::Order> parse_order(std::string_view body) {
  TicketDesk::Order order;
  if (body.empty()) return order;
  json::Reader reader;
  if (reader.read(body) != json::Outcome::kObject) return reader.error();
  const json::Object& object = reader.object();
  SSE_TRY(object.check_keys({"topics", "life", "origin"}));
  auto topics = SSE_TRY(
      object.optional_strings("topics", "an array of patterns of topics", hub::kMaxFilters));
  SSE_TRY(hub::Filter::check({}, topics, {}));
  order.topics = std::move(topics);
  const auto life = SSE_TRY(object.optional_string("life", "a duration such as \"1h\""));
  if (life) order.life = SSE_TRY(parse_life(*life));
  const auto origin =
      SSE_TRY(object.optional_string("origin", "an origin such as \"https://board.example\""));
  order.origin = origin.value_or("");
  return order;
}

std::string json_of(const gate::TicketStore::Made& made, const Now& now, const std::string& url) {
  const auto at = [&now](BootTime time) { return format_rfc3339(now.wall + (time - now.boot)); };
  return R"({"ticket":")" + made.ticket + R"(","use_before":")" + at(made.use_before) +
         R"(","expires":")" + at(made.expires) + R"(","url":")" + url +
         "/events/watch?ticket=" + made.ticket + R"("})";
}

}  // namespace

void add_ticket_route(http::Router& router, gate::TicketDesk& desk, const Clock& clock,
                      std::string url) {
  router.add(
      "POST", "/tickets",
      [&desk, &clock, url = std::move(url)](http::Call& call) {
        auto order = parse_order(call.request().body);
        if (!order) return web::answer_error(call.response(), order.error());
        desk.make(call, *std::move(order),
                  [&clock, url](http::Call& answered, const Result<gate::TicketStore::Made>& made) {
                    http::Response& response = answered.response();
                    if (!made) return web::answer_error(response, made.error());
                    web::answer_json(response, 201, json_of(*made, clock.now(), url));
                    response.fields.set("Cache-Control", "no-store");
                  });
      },
      http::RouteNeeds());
}

}  // namespace sse::api
