#include "sse/api/poll_route.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sse/api/catch_up.h"
#include "sse/api/poll_answer.h"
#include "sse/api/watch_request.h"
#include "sse/gate/rights.h"
#include "sse/http/call.h"
#include "sse/http/error_response.h"
#include "sse/log/journal.h"
#include "sse/web/answer.h"
#include "sse/web/pieces.h"
#include "sse/web/query.h"

namespace sse::api {
namespace {

void refuse_revoked(http::Response& response) {
  http::error_response(response, 401, "the credential is no longer valid");
  response.fields.set("WWW-Authenticate", R"(Bearer error="invalid_token")");
}

/// What the topics of a poll may take while it waits: all grants of a principal fit, and every
/// connection may have one (server::MemoryCeiling).
constexpr std::size_t kMostTopics = std::size_t{20} << 10U;

Status check_topics(const hub::Filter* filter) {
  if (filter == nullptr) return {};
  std::size_t bytes = 0;
  for (const auto& topic : filter->topics()) bytes += sizeof(std::string) + 16 + topic.size();
  if (bytes <= kMostTopics) return {};
  return Error{ErrorCode::kInvalid,
               "these topics cut to what you may read are too many for a poll; ask for fewer, or "
               "open a stream"};
}

// What a search has passed, as an id: of the event before `next`, or of the oldest there is.
std::string id_before(const log::View& view, wire::Sequence next) {
  if (next == view.head() + 1) return to_string(view.head_id());
  const bool is_held = next > view.first_held() && next <= view.head();
  return to_string(is_held ? view.event(next - 1).id : view.oldest_id());
}

}  // namespace

/// One poll that has found nothing yet.
struct PollRoute::Poll {
  std::shared_ptr<const hub::Filter> filter;
  std::shared_ptr<hub::PollSearch> search;
  SharedIdentity identity;  // null: no credentials are asked for
  bool newest_of_each = false;
  std::size_t limit = 0;
  std::chrono::nanoseconds wait{0};
  wire::Sequence next = 1;       // the first event that was not searched
  std::string seen;              // the id before it
  std::uint64_t generation = 0;  // of the log that these are positions of
};

void PollRoute::send(http::Response& response, std::shared_ptr<PollAnswer> answer,
                     const SharedIdentity& identity) const {
  response.fields.set("Cache-Control", "no-store");
  response.status = 200;
  response.fields.set("Content-Type", web::kJsonType);
  response.fields.add("Vary", "Accept-Encoding");  // it may be compressed
  if (identity == nullptr || !still_counts_) {
    response.pieces = [answer = std::move(answer)](std::string& out, const auto& later) {
      return (*answer)(out, later);
    };
    return;
  }
  // A credential that is taken back cuts what is on its way, too.
  response.pieces = [this, answer = std::move(answer), identity](std::string& out,
                                                                 const auto& later) {
    return still_counts_(*identity) ? (*answer)(out, later) : http::Piece::kGone;
  };
}

void PollRoute::add_to(http::Router& router) {
  router.add(
      "GET", "/events", [this](http::Call& call) { poll(call); }, http::RouteNeeds::subscribe());
}

void PollRoute::poll(http::Call& call) const {
  const http::Request& request = call.request();
  http::Response& response = call.response();
  auto wanted =
      read_watch_request(request, clock_.now(), parameters_, gate::Rights::of(call), name_of_);
  if (!wanted) return web::answer_error(response, wanted.error());
  if (const auto checked = check_topics(wanted->filter.get()); !checked) {
    return web::answer_error(response, checked.error());
  }
  if (awaits_catch_up(call, hub_, wanted->start)) return;
  set_cut_topics(response, wanted->cut_topics);
  const auto limit = web::query_count(request, "limit", kDefaultPollLimit, kMaxPollLimit);
  if (!limit) return web::answer_error(response, limit.error());
  const auto longest = web::query_duration(request, "wait", kMaxPollWait);
  if (!longest) return web::answer_error(response, longest.error());

  const log::View view = hub_.log().view();
  Poll poll;
  poll.filter = std::move(wanted->filter);
  poll.search = std::make_shared<hub::PollSearch>(hub_, call.loop(), poll.filter, request.group);
  poll.limit = *limit;
  auto start = log::locate(view, wanted->start);
  if (const auto known = check_pairs(view, start, hub_.log().max_pairs()); !known) {
    return web::answer_error(response, known.error());
  }
  poll.newest_of_each = start.newest_of_each;
  const auto answer = std::make_shared<PollAnswer>(
      hub_.log(), view, PollAnswer::Wanted{std::move(start), std::move(wanted->start), *limit},
      poll.search);
  const bool may_wait = longest->count() > 0 && request.method != "HEAD";
  if (!may_wait) return send(response, answer, call.identity());
  const log::NextWanted first = answer->look(view);
  if (first.is_found()) return send(response, answer, call.identity());
  // Nothing new will come. The drain ends every wait at once; a poll that came again would come
  // again and again.
  if (!hub_.publisher().is_open()) {
    return web::answer_error(response, log::journal_refusal(hub_.publisher().journal_state()));
  }
  poll.identity = call.identity();
  poll.wait = *longest;
  poll.next = first.sequence;
  poll.seen = id_before(view, first.sequence);
  poll.generation = view.generation();
  wait(std::move(poll), call);
}

void PollRoute::wait(Poll poll, http::Call& call) const {
  auto& loop = call.loop();
  const auto ticket = std::make_shared<hub::Waiters::Ticket>();
  const auto hurry = [this, &loop, ticket](http::Hurry) { hub_.end_wait(loop, *ticket); };
  hub::Wait wait{poll.next,
                 poll.filter,
                 poll.wait,
                 nullptr,
                 std::nullopt,
                 poll.search->search(),
                 call.request().group,
                 poll.identity};
  wait.done = [this, poll = std::move(poll), answer = call.defer(hurry)](wire::Sequence next) {
    answer.send(
        [this, poll, next](http::Response& response) { this->answer(poll, next, response); });
  };
  *ticket = hub_.wait(loop, std::move(wait));
}

// What the wait has passed without wanting it may be gone: only what it has not looked at is
// missed.
void PollRoute::answer(const Poll& poll, wire::Sequence next, http::Response& response) const {
  if (poll.identity != nullptr && still_counts_ && !still_counts_(*poll.identity)) {
    return refuse_revoked(response);
  }
  const log::View view = hub_.log().view();
  log::StartRequest seen = log::AfterId{poll.seen};
  if (poll.newest_of_each) seen = log::NewestOfEach{poll.seen};
  log::Start start{{next, 0}, true, {}, poll.newest_of_each};
  if (view.generation() != poll.generation) {
    start = log::locate(view, seen);
    if (const auto& search = poll.search->search()) search->rest();  // it knows the old log's names
  } else if (next < view.tail()) {
    start.cursor.next = view.tail();
    if (!poll.newest_of_each)
      start.gap =
          log::Gap{poll.seen, view.oldest_id(), view.tail() - next, log::GapReason::kExpired};
  }
  send(response,
       std::make_shared<PollAnswer>(
           hub_.log(), view, PollAnswer::Wanted{std::move(start), seen, poll.limit}, poll.search),
       poll.identity);
}

}  // namespace sse::api
