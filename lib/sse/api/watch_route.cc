#include "sse/api/watch_route.h"

#include <memory>
#include <string>
#include <utility>

#include <httplib.h>

#include "sse/api/watch_request.h"
#include "sse/http/error_response.h"
#include "sse/http/stream_socket.h"
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
  if (!start.gap) return "exact";
  const auto& gap = *start.gap;
  return "gap; missed=" + (gap.missed ? std::to_string(*gap.missed) : "unknown") +
         "; oldest=" + to_string(gap.oldest);
}

/// Both the page's origin and whether it asks for a stream change the answer: one line for both.
void set_vary(httplib::Response& response) {
  response.headers.erase("Vary");
  response.set_header("Vary", "Origin, Accept");
}

void set_uncached_stream(httplib::Response& response) {
  response.status = 200;
  response.set_header("Content-Type", "text/event-stream");
  response.set_header("Cache-Control", "no-cache, no-transform");
  response.set_header("X-Accel-Buffering", "no");
  response.set_header("Connection", "close");
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
  return "the hub has all the " + std::to_string(options.max_clients) +
         " streams it may have (--max-clients)";
}

}  // namespace

void WatchRoute::add_to(http::Router& router) {
  router.add_stream("/events/watch",
                    [this](const httplib::Request& request, httplib::Response& response,
                           http::Upgrade& upgrade) { watch(request, response, upgrade); });
}

void WatchRoute::watch(const httplib::Request& request, httplib::Response& response,
                       http::Upgrade& upgrade) const {
  auto wanted = read_watch_request(request, clock_.now(), parameters_);
  if (!wanted) return web::answer_error(response, wanted.error());
  const auto ids = read_ids(request);
  if (!ids) return web::answer_error(response, ids.error());
  auto admission = hub_.admit(request.remote_addr);
  if (const auto* refusal = std::get_if<hub::StreamRefusal>(&admission)) {
    return refuse(request, response, *refusal);
  }

  // One view for all: the head that is told is the head that the gap and the replay are about.
  const log::View view = hub_.log().view();
  hub::StreamOpening opening;
  opening.start = log::locate(view, wanted->start);
  set_stream_head(response, opening.start, view);
  const bool is_chunked = request.version != "HTTP/1.0";
  if (is_chunked) response.set_header("Transfer-Encoding", "chunked");
  if (request.method == "HEAD") return;

  opening.log_head = view.head_id();
  opening.generation = view.generation();
  opening.filter = std::move(wanted->filter);
  opening.ids = *ids;
  opening.socket = std::make_unique<http::StreamSocket>(
      upgrade.take_socket(), http::render_head(response),
      is_chunked ? http::StreamForm::kChunked : http::StreamForm::kUntilClose);
  hub_.open_stream(upgrade.loop(), std::get<hub::StreamPlace>(std::move(admission)),
                   std::move(opening));
}

void WatchRoute::refuse(const httplib::Request& request, httplib::Response& response,
                        const hub::StreamRefusal& refusal) const {
  const std::string why = explain(refusal.reason, hub_.options());
  set_vary(response);
  response.set_header("SSE-Refused", std::string(name_of(refusal.reason)));
  if (names_event_stream(request)) {
    set_uncached_stream(response);
    response.body = "retry: " + std::to_string(refusal.stay_away.count()) + "\n: " + why + "\n";
    return;
  }
  http::error_response(response, 503, why);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(refusal.stay_away);
  response.set_header("Retry-After", std::to_string(seconds.count()));
}

void WatchRoute::set_stream_head(httplib::Response& response, const log::Start& start,
                                 const log::View& view) const {
  set_uncached_stream(response);
  set_vary(response);
  response.set_header("SSE-Stream", std::to_string(view.epoch()));
  response.set_header("SSE-Heartbeat", format_seconds(hub_.options().heartbeat));
  response.set_header("SSE-Head", to_string(view.head_id()));
  if (start.position_asked) response.set_header("SSE-Resume", format_resume(start));
}

}  // namespace sse::api
