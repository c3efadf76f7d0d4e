// A connection while its answer is awaited (deferred_answer.h).

#include <utility>

#include <httplib.h>

#include "sse/base/check.h"
#include "sse/http/connection.h"
#include "sse/http/connection_set.h"
#include "sse/http/error_response.h"
#include "sse/http/exchange.h"

namespace sse::http {

DeferredAnswer Connection::defer(OnHurry on_hurry) {
  SSE_CHECK(exchange_ != nullptr && exchange_->pending == nullptr);
  exchange_->pending = std::make_shared<PendingAnswer>(set_.postbox(), *this, std::move(on_hurry));
  return DeferredAnswer(exchange_->pending);
}

// The handler has deferred. Of the request only what the answer and the log need is kept.
void Connection::await_answer(httplib::Response& response, Finish finish) {
  exchange_->pending->headers = std::move(response.headers);
  exchange_->pending->finish = std::move(finish);
  httplib::Request& request = exchange_->request;
  httplib::Request rest;
  rest.version = std::move(request.version);
  rest.method = std::move(request.method);
  rest.target = std::move(request.target);
  request = std::move(rest);
  set_.count_awaiting(+1);
  enter(State::kAwaiting);
  if (hung_up_) hurry(Hurry::kPeerLeft);
  if (set_.is_draining()) hurry(Hurry::kDraining);
}

void Connection::hurry(Hurry why) {
  if (state_ != State::kAwaiting) return;
  const auto on_hurry = std::exchange(exchange_->pending->on_hurry, nullptr);
  if (on_hurry) on_hurry(why);
}

void Connection::answer_late(const DeferredAnswer::Fill& fill) {
  const auto pending = stop_awaiting();
  if (fill == nullptr && hung_up_) {
    end_answer(false, 0);
    return settle();
  }
  httplib::Response response;
  response.version = exchange_->request.version;
  response.headers = std::move(pending->headers);
  fill_late(response, fill);
  closing_ = closing_ || set_.is_draining();
  respond(response, pending->finish);
  advance();
  settle();
}

std::shared_ptr<PendingAnswer> Connection::stop_awaiting() {
  auto pending = std::move(exchange_->pending);
  pending->connection = nullptr;
  pending->on_hurry = nullptr;
  pending->awaited.store(false, std::memory_order_relaxed);
  if (state_ == State::kAwaiting) set_.count_awaiting(-1);
  return pending;
}

}  // namespace sse::http
