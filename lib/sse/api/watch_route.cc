#include "sse/api/watch_route.h"

#include <string>
#include <utility>
#include <variant>

#include "sse/api/watch_request.h"
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

void set_uncached_stream(http::Response& response) {
  response.status = 200;
  response.fields.set("Content-Type", "text/event-stream");
  response.fields.set("Cache-Control", "no-cache, no-transform");
  response.fields.set("X-Accel-Buffering", "no");
}

/// An EventSource stays away after 204. A cache may keep one unless it is told not to.
void answer_done(http::Response& response) {
  response.status = 204;
  response.fields.set("Cache-Control", "no-store");
}

std::string_view name_of(hub::Refusal reason) {
  return reason == hub::Refusal::kDraining ? "draining" : "full";
}

std::string explain(hub::Refusal reason, const hub::HubOptions& options) {
  if (reason == hub::Refusal::kDraining)
    return "the hub is draining; come back when it is up again";
  if (reason == hub::Refusal::kPeerFull) {
    return "your address has all the " + std::to_string(options.max_per_peer) +
           " streams that one may have (--max-per-peer)";
  }
  if (reason == hub::Refusal::kFilters) {
    return "the filters of the streams have all the memory that they may have "
           "(--max-filter-bytes)";
  }
  return "the hub has all the " + std::to_string(options.max_clients) +
         " streams it may have (--max-clients)";
}

}  // namespace

void WatchRoute::add_to(http::Router& router) {
  router.add("GET", "/events/watch", [this](http::Call& call) { watch(call); });
}

void WatchRoute::watch(http::Call& call) const {
  auto wanted = read_watch_request(call.request(), clock_.now(), parameters_);
  if (!wanted) return web::answer_error(call.response(), wanted.error());
  const auto ids = read_ids(call.request());
  if (!ids) return web::answer_error(call.response(), ids.error());
  const auto every = read_every(call.request(), *ids);
  if (!every) return web::answer_error(call.response(), every.error());
  // Before a place is asked for: a full hub says so as well, and evicts no stream for it.
  if (wanted->is_done) return answer_done(call.response());
  auto admission = hub_.admit(call.request().group, wanted->filter.get());
  if (const auto* refusal = std::get_if<hub::StreamRefusal>(&admission)) {
    return refuse(call, *refusal, explain(refusal->reason, hub_.options()));
  }

  // One view for all: the head that is told is the head that the gap and the replay are about.
  const log::View view = hub_.log().view();
  hub::StreamOpening opening;
  opening.start = log::locate(view, wanted->start);
  if (const auto known = check_pairs(view, opening.start, hub_.log().max_pairs()); !known) {
    return refuse(call, hub_.refuse(hub::Refusal::kPairs), known.error().text);
  }
  set_stream_head(call.response(), opening.start, view);
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

void WatchRoute::refuse(http::Call& call, const hub::StreamRefusal& refusal,
                        const std::string& why) const {
  http::Response& response = call.response();
  set_vary(response);
  response.fields.set("SSE-Refused", name_of(refusal.reason));
  if (names_event_stream(call.request())) {
    set_uncached_stream(response);
    response.fields.set("Connection", "close");
    response.body = "retry: " + std::to_string(refusal.stay_away.count()) + "\n: " + why + "\n";
    return;
  }
  http::error_response(response, refusal.reason == hub::Refusal::kPairs ? 507 : 503, why);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(refusal.stay_away);
  response.fields.set("Retry-After", std::to_string(seconds.count()));
}

void WatchRoute::set_stream_head(http::Response& response, const log::Start& start,
                                 const log::View& view) const {
  set_uncached_stream(response);
  set_vary(response);
  response.fields.set("SSE-Stream", std::to_string(view.epoch()));
  response.fields.set("SSE-Heartbeat", format_seconds(hub_.options().heartbeat));
  response.fields.set("SSE-Head", to_string(view.head_id()));
  if (start.position_asked) response.fields.set("SSE-Resume", format_resume(start));
}

}  // namespace sse::api
