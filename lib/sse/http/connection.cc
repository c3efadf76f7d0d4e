#include "sse/http/connection.h"

#include <chrono>
#include <utility>

#include "sse/base/check.h"
#include "sse/http/body_source.h"
#include "sse/http/connection_set.h"
#include "sse/http/error_response.h"
#include "sse/http/exchange.h"
#include "sse/http/output.h"
#include "sse/http/response_head.h"

namespace sse::http {
namespace {

// Reads and requests of one connection at a time, while the turn's budget lasts: one that pipelines
// takes turns with the others.
constexpr int kMostAtOnce = 32;

// A request is parsed, dispatched and answered; what its handler does besides is its own to count.
constexpr std::uint64_t kStepsPerRequest = 300;

// How long input is read past after the last answer.
constexpr std::chrono::nanoseconds kLinger = std::chrono::seconds(2);

}  // namespace

Connection::Connection(ConnectionSet& set, std::unique_ptr<net::Socket> socket)
    : set_(set), socket_(std::move(socket)), since_(set.loop().now().boot) {
}

Connection::~Connection() {
  if (exchange_ != nullptr) exchange_->end();
}

bool Connection::attach() {
  return socket_->attach(set_.loop(), *this);
}

void Connection::on_ready(net::Readiness readiness) {
  input_.note(readiness);
  if (input_.is_hung_up()) hurry(Hurry::kPeerLeft);
  advance();
  settle();
}

void Connection::resume() {
  advance();
  settle();
}

void Connection::advance() {
  const Budget& budget = set_.loop().budget();
  for (int step = 0; step < kMostAtOnce && (step == 0 || !budget.is_spent()); ++step) {
    bool goes_on = false;
    switch (state_) {
      case State::kIdle:
      case State::kReading:
        goes_on = input_.is_untried() ? take() : read_more();
        break;
      case State::kWriting:
        goes_on = flush();
        break;
      case State::kLingering:
        goes_on = read_past();
        break;
      case State::kAwaiting:
      case State::kWorking:
      case State::kGone:
        break;
    }
    if (!goes_on) return;
  }
  set_.resume_later(*this);
}

bool Connection::read_more() {
  set_.loop().budget().spend(Budget::kSystemCall);
  switch (input_.fill(*socket_, set_.read_buffer())) {
    case InputBuffer::Fill::kNothing:
      return false;
    case InputBuffer::Fill::kEnd:
      enter(State::kGone);
      return false;
    case InputBuffer::Fill::kBytes:
      break;
  }
  return take();
}

// Feeds the parser with what was read. True: there may be more to do.
bool Connection::take() {
  if (state_ == State::kIdle) begin_exchange();
  feed_parser();
  const bool is_judged =
      exchange_->parser.progress() != RequestParser::Progress::kHead || judge_head();
  input_.keep();
  if (is_judged) {
    switch (exchange_->parser.progress()) {
      case RequestParser::Progress::kHead:
      case RequestParser::Progress::kIncomplete:
        input_.wait_for_more();
        if (exchange_->parser.awaits_continue()) send_continue();
        break;
      case RequestParser::Progress::kComplete:
        answer();
        break;
      case RequestParser::Progress::kRefused:
        refuse(exchange_->parser.refusal().status, exchange_->parser.refusal().text);
        break;
    }
  }
  return state_ != State::kGone;
}

void Connection::begin_exchange() {
  exchange_ = set_.take_exchange(*this);
  enter(State::kReading);
}

void Connection::feed_parser() {
  const auto taken = exchange_->parser.feed(input_.bytes(), exchange_->request());
  input_.consume(taken);
  set_.loop().budget().spend(Budget::steps_for_bytes(taken));
}

// What can be judged by the head is judged before the body is waited for. True: the request goes
// on, and what is there of its body was taken. False: it is answered. Where a body ends that is not
// here yet is unknown, so the connection ends with it.
bool Connection::judge_head() {
  Exchange& exchange = *exchange_;
  exchange.set_remote(peer());
  const auto verdict = set_.server().dispatcher.judge_head(exchange, exchange.route);
  exchange.parser.go_on();
  feed_parser();
  if (verdict == Verdict::kGoOn) return true;
  const bool is_whole = exchange.parser.progress() == RequestParser::Progress::kComplete;
  closing_ = !is_whole || !exchange.parser.keep_alive() || set_.is_draining();
  respond();
  return false;
}

void Connection::answer() {
  Exchange& exchange = *exchange_;
  set_.loop().budget().spend(kStepsPerRequest);
  closing_ = !exchange.parser.keep_alive() || set_.is_draining();
  const auto outcome =
      set_.server().dispatcher.dispatch(exchange, *exchange.route, exchange.finish);
  if (outcome != Dispatcher::Outcome::kRoute) exchange.route = nullptr;
  if (outcome == Dispatcher::Outcome::kFailed) return respond();
  if (exchange.is_deferred()) return await_answer();
  if (exchange.is_sliced()) return start_slices();
  respond();
}

void Connection::await_answer() {
  exchange_->await();
  enter(State::kAwaiting);
  if (input_.is_hung_up()) hurry(Hurry::kPeerLeft);
  if (set_.is_draining()) hurry(Hurry::kDraining);
}

void Connection::hurry(Hurry why) {
  if (state_ == State::kAwaiting) exchange_->hurry(why);
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
  advance();
  settle();
}

// The first slice is done at once, where no other waits: most requests that could take long do not.
void Connection::start_slices() {
  enter(State::kWorking);
  if (!set_.slices().empty() || do_one_slice(set_.loop().budget()) == Slice::kMore) {
    set_.work_later(*this);
  }
}

void Connection::do_slice(Budget& budget) {
  if (do_one_slice(budget) == Slice::kMore) return;
  advance();
  settle();
}

Slice Connection::do_one_slice(Budget& budget) {
  const Slice slice = exchange_->do_slice(budget);
  if (slice != Slice::kMore) set_.slices().remove(*this);
  if (slice == Slice::kDone) {
    closing_ = closing_ || set_.is_draining();
    respond();
  }
  return slice;
}

void Connection::respond() {
  Exchange& exchange = *exchange_;
  if (socket_ == nullptr) {  // it is a stream now
    exchange.status = exchange.response().status;
    return end_answer(true, 0);
  }
  if (exchange.finish) std::exchange(exchange.finish, nullptr)(exchange.response());
  send(exchange.response());
}

void Connection::refuse(int status, std::string_view text) {
  // With a route the head was judged. It is not the route's answer.
  if (std::exchange(exchange_->route, nullptr) == nullptr) {
    exchange_->set_remote(peer());
    set_.server().dispatcher.prepare_refusal(*exchange_);
  }
  error_response(exchange_->response(), status, text);
  closing_ = true;
  send(exchange_->response());
}

void Connection::refuse_full() {
  begin_exchange();
  exchange_->response().fields.set("Retry-After", "1");
  refuse(503, "too many connections (--max-connections)");
  advance();
  settle();
}

void Connection::send_continue() {
  if (std::exchange(exchange_->sent_continue, true)) return;
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const iovec piece{const_cast<char*>(kContinue.data()), kContinue.size()};
  // A buffer that has no room for these, at the start of an answer, belongs to a peer that does not
  // read: nothing is owed to it.
  const auto result = socket_->write({&piece, 1});
  if (result.status != net::IoStatus::kOk || result.bytes != kContinue.size()) enter(State::kGone);
}

void Connection::send(Response& response) {
  const Request& request = exchange_->request();
  const bool is_head = request.method == "HEAD";
  std::string first;
  auto piece = Piece::kMore;
  if (response.pieces && !response.length) {
    piece = take_first_piece(response, first, [this] { return exchange_->make_resume(); });
  }
  exchange_->status = response.status;
  AnswerFields fields = exchange_->is_stream ? choose_stream_fields(request.version)
                                             : choose_fields(request.version, response, closing_);
  closing_ = fields.connection == kClose;
  fields.date = set_.date();
  std::string& head = set_.head_buffer();
  append_head(head, response, fields);

  const bool has_body = fields.form != BodyForm::kNone && !is_head;
  enter(State::kWriting);
  if (has_body && response.pieces) {
    hold(head, {}, 0);
    output_->set_source(std::make_unique<BodySource>(std::move(response.pieces), fields.form,
                                                     fields.length, std::move(first)));
    if (piece == Piece::kLater) output_->await_source();
  } else {
    write_out(head, has_body ? std::move(response.body) : std::string());
  }
}

void Connection::go_on() {
  if (state_ == State::kWorking && exchange_->stop_waiting()) set_.work_later(*this);
  if (output_ == nullptr) return;
  output_->go_on();
  since_ = set_.loop().now().boot;
  advance();
  settle();
}

void Connection::give_up() {
  if (state_ == State::kWorking && exchange_->stop_waiting()) {
    fill_late(exchange_->response(), nullptr);
    respond();
  } else if (output_ != nullptr && output_->is_awaiting()) {
    end_answer(false, output_->sent());
  }
  settle();
}

// Most answers leave in one write, from the loop's buffer. Only the others get an Output.
void Connection::write_out(std::string& head, std::string body) {
  const auto result = write_at_once(*socket_, set_.loop().budget(), head, body);
  const std::size_t size = head.size() + body.size();
  if (result.status == net::IoStatus::kPeerGone) {
    end_answer(false, 0);
  } else if (result.bytes == size) {
    end_answer(true, size);
  } else {
    hold(head, std::move(body), result.bytes);
  }
}

void Connection::hold(std::string_view head, std::string body, std::size_t sent) {
  std::string().swap(exchange_->request().body);
  output_ = std::make_unique<Output>();
  output_->add(head, std::move(body), sent);
}

bool Connection::flush() {
  const std::uint64_t before = output_->sent();
  const auto result =
      output_->flush(*socket_, set_.loop().budget(), [this] { return exchange_->make_resume(); });
  if (output_->sent() != before) since_ = set_.loop().now().boot;
  switch (result) {
    case Output::Flush::kDone:
      end_answer(true, output_->sent());
      return true;
    case Output::Flush::kBlocked:
    case Output::Flush::kLater:
      return false;
    case Output::Flush::kYield:
      set_.resume_later(*this);
      return false;
    case Output::Flush::kBroken:
      end_answer(false, output_->sent());
      return false;
  }
  return false;
}

// The answer has left, or never will.
void Connection::end_answer(bool whole, std::uint64_t bytes) {
  exchange_->count(peer(), whole, bytes);
  output_.reset();
  set_.give_back(std::exchange(exchange_, nullptr));
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

bool Connection::read_past() {
  const auto fill = input_.fill(*socket_, set_.read_buffer());
  input_.drop();
  if (fill == InputBuffer::Fill::kEnd) enter(State::kGone);
  return fill == InputBuffer::Fill::kBytes;
}

void Connection::check_deadline(BootTime now) {
  const auto& options = set_.server().options;
  const auto passed = now - since_;
  if (state_ == State::kReading && passed >= options.request_timeout) {
    set_.counts().timed_out.fetch_add(1, std::memory_order_relaxed);
    refuse(408, "the request did not arrive within --request-timeout");
    advance();
  } else if (state_ == State::kWriting && passed >= options.write_timeout &&
             !output_->is_awaiting()) {
    end_answer(false, output_->sent());
  } else if (state_ == State::kLingering && passed >= kLinger) {
    enter(State::kGone);
  }
  settle();
}

void Connection::enter(State state) {
  state_ = state;
  if (state != State::kGone && listed_ != Listed::kResumable) set_.list(*this);
  since_ = set_.loop().now().boot;
}

std::optional<IpAddress> Connection::group() const {
  return peer_group(exchange_->request().remote_address);
}

const std::string& Connection::peer() {
  if (peer_.empty()) peer_ = socket_->peer();
  return peer_;
}

void Connection::settle() {
  if (state_ == State::kGone) set_.destroy(*this);
}

}  // namespace sse::http
