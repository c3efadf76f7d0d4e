#include "sse/api/watch_route.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "sse/api/catch_up.h"
#include "sse/api/watch_request.h"
#include "sse/auth/principal.h"
#include "sse/gate/rate_limits.h"
#include "sse/gate/rights.h"
#include "sse/gate/stream_quota.h"
#include "sse/gate/ticket_desk.h"
#include "sse/http/call.h"
#include "sse/http/error_response.h"
#include "sse/http/router.h"
#include "sse/json/writer.h"
#include "sse/web/answer.h"

namespace sse::api {
namespace {

std::string format_seconds(std::chrono::nanoseconds duration) {
  std::string text;
  json::append_number(text, std::chrono::duration<double>(duration).count());
  return text;
}

std::string format_resume(const log::Start& start) {
  if (start.newest_of_each) return "each";
  if (!start.gap) return "exact";
  const auto& gap = *start.gap;
  return "gap; missed=" + (gap.missed ? std::to_string(*gap.missed) : "unknown") +
         "; oldest=" + to_string(gap.oldest);
}

/// Both the page's origin and whether it asks for a stream change the answer: one line for both.
void set_vary(http::Response& response) {
  response.fields.set("Vary", "Origin, Accept");
}

/// `is_private`: for one principal alone.
void set_uncached_stream(http::Response& response, bool is_private) {
  response.status = 200;
  response.fields.set("Content-Type", "text/event-stream");
  response.fields.set("Cache-Control",
                      is_private ? "no-store, no-transform" : "no-cache, no-transform");
  response.fields.set("X-Accel-Buffering", "no");
}

/// An EventSource stays away after 204. A cache may keep one unless it is told not to.
void answer_done(http::Response& response) {
  response.status = 204;
  response.fields.set("Cache-Control", "no-store");
}

/// On the clock that no operator sets: a wall clock that jumps ends no open stream.
std::optional<BootTime> end_of(const auth::Principal& principal, const Now& now) {
  if (!principal.expires) return std::nullopt;
  return now.boot + (*principal.expires - now.wall);
}

std::string_view name_of(hub::Refusal reason) {
  if (reason == hub::Refusal::kRate) return "rate";
  if (reason == hub::Refusal::kTickets) return "unavailable";
  return reason == hub::Refusal::kDraining ? "draining" : "full";
}

std::string explain(hub::Refusal reason, const hub::HubOptions& options) {
  if (reason == hub::Refusal::kDraining)
    return "the hub is draining; come back when it is up again";
  if (reason == hub::Refusal::kPeerFull) {
    return "your address has all the " + std::to_string(options.max_per_peer) +
           " streams that one may have (--max-per-peer)";
  }
  if (reason == hub::Refusal::kRate) {
    return "you open streams too often (--rate-open)";
  }
  if (reason == hub::Refusal::kPrincipalFull) {
    return "your token has all the streams that one may have (--max-per-token)";
  }
  if (reason == hub::Refusal::kFilters) {
    return "the filters of the streams have all the memory that they may have "
           "(--max-filter-bytes)";
  }
  return "the hub has all the " + std::to_string(options.max_clients) +
         " streams it may have (--max-clients)";
}

int status_of(hub::Refusal reason) {
  if (reason == hub::Refusal::kPairs) return 507;
  return reason == hub::Refusal::kRate ? 429 : 503;
}

}  // namespace

WatchRoute::WatchRoute(hub::Hub& hub, const Clock& clock, const TopicParameters& parameters)
    : hub_(hub),
      clock_(clock),
      parameters_(parameters),
      heartbeat_(format_seconds(hub.options().heartbeat)) {
}

void WatchRoute::add_to(http::Router& router) {
  router.add(
      "GET", "/events/watch", [this](http::Call& call) { watch(call); },
      http::RouteNeeds::subscribe());
}

void WatchRoute::watch(http::Call& call) const {
  const Now now = clock_.now();
  const auto rights = gate::Rights::of(call);
  auto wanted = read_watch_request(call.request(), now, parameters_, rights, name_of_);
  if (!wanted) return web::answer_error(call.response(), wanted.error());
  const auto ids = read_ids(call.request());
  if (!ids) return web::answer_error(call.response(), ids.error());
  const auto every = read_every(call.request(), *ids);
  if (!every) return web::answer_error(call.response(), every.error());
  // Before a place is asked for: a full hub says so as well, and evicts no stream for it.
  if (wanted->is_done) return answer_done(call.response());
  if (awaits_catch_up(call, hub_, wanted->start)) return;
  // Before any refusal: the browser comes back by itself, and then it needs the cookie.
  if (desk_ != nullptr && call.request().method != "HEAD") {
    const auto refuse = [this](http::Call& refused, const Error& error) {
      refuse_ticket(refused, error);
    };
    if (!desk_->take(call, refuse)) return;
  }
  // It has waited: a review of the streams that came meanwhile has not seen it. When it comes back
  // it is judged by what holds now.
  if (call.is_again() && call.identity() && still_counts_ && !still_counts_(*call.identity())) {
    return refuse(call, hub_.refuse(hub::Refusal::kTickets),
                  "the credential has changed while the request waited; ask again");
  }
  std::shared_ptr<const void> held;
  const bool may_be_limited = rates_ != nullptr || rights.are_limited();
  if (const auto refusal = may_be_limited ? check_limits(call, held) : std::nullopt) {
    return refuse(call, *refusal, explain(refusal->reason, hub_.options()));
  }
  auto admission = hub_.admit(call.request().group, wanted->filter.get());
  if (const auto* refusal = std::get_if<hub::StreamRefusal>(&admission)) {
    return refuse(call, *refusal, explain(refusal->reason, hub_.options()));
  }

  // One view for all: SSE-Head names the head that the gap and the replay are about.
  const log::View view = hub_.log().view();
  hub::StreamOpening opening;
  opening.start = log::locate(view, wanted->start);
  if (const auto known = check_pairs(view, opening.start, hub_.log().max_pairs()); !known) {
    return refuse(call, hub_.refuse(hub::Refusal::kPairs), known.error().text);
  }
  set_stream_head(call, opening.start, view);
  if (rights.are_limited()) {
    set_cut_topics(call.response(), wanted->cut_topics);
    opening.comments = comments_of_cut(wanted->cut_topics);
    opening.expires = end_of(*rights.principal(), now);
    opening.identity = rights.principal();
    opening.held = std::move(held);
  }
  opening.socket = call.start_stream();
  if (opening.socket == nullptr) return;  // HEAD
  opening.log_head = view.head_id();
  opening.generation = view.generation();
  opening.filter = std::move(wanted->filter);
  opening.ids = *ids;
  opening.every = *every;
  hub_.open_stream(call.loop(), std::get<hub::StreamPlace>(std::move(admission)),
                   std::move(opening));
}

hub::StreamRefusal WatchRoute::refusal_for(hub::Refusal reason,
                                           std::chrono::nanoseconds wait) const {
  auto refusal = hub_.refuse(reason);
  refusal.stay_away =
      std::max(refusal.stay_away, std::chrono::ceil<std::chrono::milliseconds>(wait));
  return refusal;
}

void WatchRoute::refuse_for_now(http::Call& call, const auth::TokenFault& fault,
                                std::chrono::milliseconds stay_away) const {
  const bool is_rate = fault.kind == auth::TokenFault::Kind::kWait;
  const auto reason = is_rate ? hub::Refusal::kRate : hub::Refusal::kTickets;
  refuse(call, refusal_for(reason, stay_away), fault.reason);
}

void WatchRoute::refuse_ticket(http::Call& call, const Error& error) const {
  if (error.code != ErrorCode::kForbidden) {
    return refuse(call, hub_.refuse(hub::Refusal::kTickets), error.text);
  }
  http::error_response(call.response(), 401, error.text);
  call.response().fields.set("WWW-Authenticate", R"(Bearer error="invalid_token")");
}

// `held`: the place of the principal, where places are counted.
std::optional<hub::StreamRefusal> WatchRoute::check_limits(
    const http::Call& call, std::shared_ptr<const void>& held) const {
  if (rates_ != nullptr) {
    const auto wait = rates_->take_stream(call);
    if (wait.count() > 0) return refusal_for(hub::Refusal::kRate, wait);
  }
  const auto& identity = call.identity();
  const bool is_counted =
      quota_ != nullptr && quota_->most() > 0 && identity != nullptr && !identity->is_anonymous;
  if (!is_counted) return std::nullopt;
  held = quota_->take(identity->id);
  if (held != nullptr) return std::nullopt;
  return hub_.refuse(hub::Refusal::kPrincipalFull);
}

void WatchRoute::refuse(http::Call& call, const hub::StreamRefusal& refusal,
                        const std::string& why) const {
  http::Response& response = call.response();
  set_vary(response);
  response.fields.set("SSE-Refused", name_of(refusal.reason));
  if (names_event_stream(call.request())) {
    set_uncached_stream(response, call.identity() != nullptr);
    response.fields.set("Connection", "close");
    response.body = "retry: " + std::to_string(refusal.stay_away.count()) + "\n: " + why + "\n";
    return;
  }
  http::error_response(response, status_of(refusal.reason), why);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(refusal.stay_away);
  response.fields.set("Retry-After", std::to_string(seconds.count()));
}

void WatchRoute::set_stream_head(http::Call& call, const log::Start& start,
                                 const log::View& view) const {
  http::Response& response = call.response();
  set_uncached_stream(response, call.identity() != nullptr);
  set_vary(response);
  response.fields.set("SSE-Stream", std::to_string(view.epoch()));
  response.fields.set("SSE-Heartbeat", heartbeat_);
  response.fields.set("SSE-Head", to_string(view.head_id()));
  if (start.position_asked) response.fields.set("SSE-Resume", format_resume(start));
}

}  // namespace sse::api
