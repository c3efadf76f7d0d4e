// A connection while its answer is awaited (deferred_answer.h).

#include <utility>

#include "sse/base/check.h"
#include "sse/http/connection.h"
#include "sse/http/connection_set.h"
#include "sse/http/error_response.h"
#include "sse/http/exchange.h"

namespace sse::http {

net::Loop& Connection::loop() {
  return set_.loop();
}

DeferredAnswer Connection::defer(OnHurry on_hurry) {
  SSE_CHECK(exchange_ != nullptr && exchange_->pending == nullptr && !exchange_->is_stream);
  exchange_->pending = std::make_shared<PendingAnswer>(set_.postbox(), *this, std::move(on_hurry));
  return DeferredAnswer(exchange_->pending);
}

// The handler has deferred. Of the request only what the answer and the log need is kept.
void Connection::await_answer() {
  PendingAnswer& pending = *exchange_->pending;
  pending.fields = std::move(exchange_->response().fields);
  pending.finish = std::move(exchange_->finish);
  Request& request = exchange_->request();
  Request rest;
  rest.version = request.version;
  rest.method = std::move(request.method);
  rest.target = std::move(request.target);
  std::swap(request, rest);  // gives the memory back: assignment would keep what strings have
  set_.count_awaiting(+1);
  enter(State::kAwaiting);
  if (input_.is_hung_up()) hurry(Hurry::kPeerLeft);
  if (set_.is_draining()) hurry(Hurry::kDraining);
}

void Connection::hurry(Hurry why) {
  if (state_ != State::kAwaiting) return;
  const auto on_hurry = std::exchange(exchange_->pending->on_hurry, nullptr);
  if (on_hurry) on_hurry(why);
}

void Connection::answer_late(const DeferredAnswer::Fill& fill) {
  const auto pending = stop_awaiting();
  if (fill == nullptr && input_.is_hung_up()) {
    end_answer(false, 0);
    return settle();
  }
  Response& response = exchange_->response();
  response = Response();
  response.fields = std::move(pending->fields);
  exchange_->finish = std::move(pending->finish);
  fill_late(response, fill);
  closing_ = closing_ || set_.is_draining();
  respond();
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
