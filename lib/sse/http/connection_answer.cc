// How a connection has its request answered, and writes the answer.

#include <utility>

#include "sse/http/connection.h"
#include "sse/http/connection_set.h"
#include "sse/http/exchange.h"
#include "sse/http/output.h"
#include "sse/http/two/session.h"

namespace sse::http {
namespace {

// A request is parsed, dispatched and answered. The handler counts its own work.
constexpr std::uint64_t kStepsPerRequest = 300;

}  // namespace

void Connection::answer() {
  Exchange& exchange = *exchange_;
  set_.loop().budget().spend(kStepsPerRequest);
  closing_ = !exchange.parser.keep_alive() || set_.is_draining();
  const auto outcome =
      set_.server().dispatcher.dispatch(exchange, *exchange.route, exchange.finish);
  set_.loop().budget().spend(exchange.steps_of_body());
  if (outcome != Dispatcher::Outcome::kRoute) exchange.route = nullptr;
  if (outcome == Dispatcher::Outcome::kFailed) return respond();
  go_on_as_chosen();
}

void Connection::await_answer() {
  exchange_->await();
  enter(State::kAwaiting);
  if (input_.is_hung_up()) hurry(Hurry::kPeerLeft);
  if (set_.is_draining()) hurry(Hurry::kDraining);
}

void Connection::hurry(Hurry why) {
  if (state_ == State::kAwaiting) exchange_->hurry(why);
  if (session_ != nullptr && why == Hurry::kDraining) session_->drain();
}

// A request whose answer is hurried is the last one of its connection, which another waits for.
void Connection::give_way() {
  if (state_ == State::kAwaiting) {
    closing_ = true;
    hurry(Hurry::kCrowded);
  } else if (state_ == State::kWriting) {
    end_answer(false, output_->sent());
  } else {
    enter(State::kGone);
  }
  settle();
}

void Connection::answer_late(const DeferredAnswer::Fill& fill) {
  exchange_->stop_awaiting();
  if (fill == nullptr && input_.is_hung_up()) {
    end_answer(false, 0);
    return settle();
  }
  fill_late(exchange_->response(), fill);
  closing_ = closing_ || set_.is_draining();
  respond();
  go(Pace::kInTurn);
}

void Connection::respond() {
  Exchange& exchange = *exchange_;
  if (socket_ == nullptr) {  // it is a stream now
    exchange.status = exchange.response().status;
    return end_answer(true, 0);
  }
  if (exchange.finish) std::exchange(exchange.finish, nullptr)(exchange.response());
  send();
}

void Connection::send() {
  std::string& head = set_.head_buffer();
  auto body = exchange_->compose(head);
  closing_ = body.is_last;
  enter(State::kWriting);
  if (body.source != nullptr) return hold(head, 0, std::move(body));
  // Most answers leave in one write, from the loop's buffer. Only the others get an Output.
  const auto result = write_at_once(*socket_, set_.loop().budget(), head, body.whole);
  const bool is_taken = result.bytes == head.size() + body.whole.size();
  if (result.status == net::IoStatus::kPeerGone ||
      (is_taken && result.status != net::IoStatus::kUnsent)) {
    end_answer(is_taken, result.bytes);
  } else {
    hold(head, result.bytes, std::move(body));
  }
}

void Connection::go_on() {
  if (state_ == State::kJudging && exchange_->stop_waiting()) return judge_again();
  if (state_ == State::kWorking && exchange_->stop_waiting()) set_.work_later(*this);
  if (output_ == nullptr) return;
  output_->go_on();
  since_ = set_.loop().now().boot;
  go(Pace::kInTurn);
}

void Connection::give_up() {
  if (state_ == State::kJudging && exchange_->stop_waiting()) {
    fill_late(exchange_->response(), nullptr);
    end_judging(Verdict::kAnswered);
    return go(Pace::kInTurn);
  }
  if (state_ == State::kWorking && exchange_->stop_waiting()) {
    fill_late(exchange_->response(), nullptr);
    respond();
    return go(Pace::kInTurn);
  }
  if (output_ != nullptr && output_->is_awaiting()) end_answer(false, output_->sent());
  settle();
}

void Connection::hold(std::string_view head, std::size_t sent, ResponseBody body) {
  std::string().swap(exchange_->request().body);
  output_ = std::make_unique<Output>();
  output_->add(head, std::move(body.whole), sent);
  if (body.source != nullptr) output_->set_source(std::move(body.source));
  if (body.piece == Piece::kLater) output_->await_source();
}

bool Connection::flush(Pace pace) {
  const std::uint64_t before = output_->sent();
  Budget& budget = set_.loop().budget();
  const auto result =
      pace == Pace::kReady
          ? output_->flush(*socket_, budget)
          : output_->flush_piece(*socket_, budget, [this] { return exchange_->make_resume(); });
  if (output_->sent() != before) since_ = set_.loop().now().boot;
  switch (result) {
    case Output::Flush::kDone:
      end_answer(true, output_->sent());
      return true;
    case Output::Flush::kBlocked:
    case Output::Flush::kLater:
      break;
    case Output::Flush::kYield:
      set_.resume_later(*this);
      break;
    case Output::Flush::kBroken:
      end_answer(false, output_->sent());
      break;
  }
  return false;
}

// The answer has left, or never will.
void Connection::end_answer(bool whole, std::uint64_t bytes) {
  exchange_->count(peer_, whole, bytes);
  output_.reset();
  set_.give_back(std::exchange(exchange_, nullptr));
  is_used_ = true;
  if (!whole || socket_ == nullptr) {
    enter(State::kGone);
  } else if (closing_ || set_.is_draining()) {
    start_lingering();
  } else {
    enter(State::kIdle);
  }
}

// Closing with unread input would send a reset, which may overtake the answer and destroy it.
void Connection::start_lingering() {
  socket_->shutdown_write();
  input_.drop();
  enter(State::kLingering);
}

}  // namespace sse::http
