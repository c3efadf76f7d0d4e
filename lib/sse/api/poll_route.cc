#include "sse/api/poll_route.h"

#include <memory>
#include <string>
#include <utility>

#include "sse/api/poll_answer.h"
#include "sse/api/watch_request.h"
#include "sse/http/call.h"
#include "sse/web/answer.h"
#include "sse/web/pieces.h"
#include "sse/web/query.h"

namespace sse::api {
namespace {

void send(http::Response& response, std::shared_ptr<PollAnswer> answer) {
  response.fields.set("Cache-Control", "no-store");
  web::answer_in_pieces(response,
                        [answer = std::move(answer)](std::string& out) { return (*answer)(out); });
}

}  // namespace

/// One poll that has found nothing yet.
struct PollRoute::Poll {
  std::shared_ptr<const hub::Filter> filter;
  std::size_t limit = 0;
  std::chrono::nanoseconds wait{0};
  wire::EventId seen;            // what it waits after
  std::uint64_t generation = 0;  // of the log that `seen` is a position of
};

void PollRoute::add_to(http::Router& router) {
  router.add("GET", "/events", [this](http::Call& call) { poll(call); });
}

void PollRoute::poll(http::Call& call) const {
  const http::Request& request = call.request();
  http::Response& response = call.response();
  auto wanted = read_watch_request(request, clock_.now(), parameters_);
  if (!wanted) return web::answer_error(response, wanted.error());
  const auto limit = web::query_count(request, "limit", kDefaultPollLimit, kMaxPollLimit);
  if (!limit) return web::answer_error(response, limit.error());
  const auto longest = web::query_duration(request, "wait", kMaxPollWait);
  if (!longest) return web::answer_error(response, longest.error());

  const log::View view = hub_.log().view();
  Poll poll{std::move(wanted->filter), *limit, *longest, view.head_id(), view.generation()};
  auto answer = std::make_shared<PollAnswer>(hub_.log(), view, log::locate(view, wanted->start),
                                             poll.filter, poll.limit);
  const bool may_wait = poll.wait.count() > 0 && request.method != "HEAD";
  if (!may_wait || answer->has_news()) return send(response, std::move(answer));
  // Whoever waits here is answered at once by the drain; a new one would come again and again.
  if (!hub_.publisher().is_open()) {
    return web::answer_error(response, {ErrorCode::kUnavailable, "the hub is draining"});
  }
  wait(std::move(poll), call);
}

void PollRoute::wait(Poll poll, http::Call& call) const {
  auto& loop = call.loop();
  const auto ticket = std::make_shared<hub::Waiters::Ticket>();
  const auto hurry = [this, &loop, ticket](http::Hurry) { hub_.end_wait(loop, *ticket); };
  hub::Wait wait{poll.seen.sequence() + 1, poll.filter, poll.wait, nullptr};
  wait.done = [this, poll = std::move(poll), answer = call.defer(hurry)](wire::Sequence next) {
    answer.send(
        [this, poll, next](http::Response& response) { this->answer(poll, next, response); });
  };
  *ticket = hub_.wait(loop, std::move(wait));
}

// What the wait has passed without wanting it may be gone: only what it has not looked at is
// missed.
void PollRoute::answer(const Poll& poll, wire::Sequence next, http::Response& response) const {
  const log::View view = hub_.log().view();
  log::Start start{{next, 0}, true, {}};
  if (view.generation() != poll.generation) {
    start = log::locate(view, log::AfterId{to_string(poll.seen)});
  } else if (next < view.tail()) {
    start.cursor.next = view.tail();
    start.gap = log::Gap{to_string(poll.seen), view.oldest_id(), view.tail() - next,
                         log::GapReason::kExpired};
  }
  send(response, std::make_shared<PollAnswer>(hub_.log(), view, start, poll.filter, poll.limit));
}

}  // namespace sse::api
