#include "sse/http/connection.h"

#include <chrono>
#include <utility>

#include "sse/base/check.h"
#include "sse/http/connection_set.h"
#include "sse/http/exchange.h"
#include "sse/http/output.h"
#include "sse/http/peer_text.h"
#include "sse/http/two/request_stream.h"
#include "sse/http/two/session.h"

namespace sse::http {
namespace {

// Reads and requests at a time: a request, and a look for more. What is left has its turn later.
constexpr int kMostWhenReady = 2;
constexpr int kMostInTurn = 4;

// How long input is read past after the last answer.
constexpr std::chrono::nanoseconds kLinger = std::chrono::seconds(2);

}  // namespace

Connection::Connection(ConnectionSet& set, std::unique_ptr<net::Socket> socket, std::string peer)
    : set_(set),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      share_(set.shares(), *this, peer_group(split_peer(peer_).address), set.loop().index(),
             set.loop().now().boot),
      held_(set.held(), share_.bytes()),
      since_(set.loop().now().boot) {
}

Connection::Connection(const Connection& host, std::unique_ptr<RequestStream> stream)
    : Connection(host.set_, nullptr, host.peer_) {
  framing_ = stream.get();
  socket_ = std::move(stream);
  entrance_ = host.entrance_;
  is_proxied_ = host.is_proxied_;
}

Connection::~Connection() {
  if (session_ != nullptr) session_->close();
  if (exchange_ != nullptr) exchange_->end();
}

bool Connection::attach() {
  return socket_->attach(set_.loop(), *this);
}

void Connection::on_ready(net::Readiness readiness) {
  input_.note(readiness);
  if (input_.is_hung_up()) hurry(Hurry::kPeerLeft);
  if (readiness.broken && output_ != nullptr && output_->is_awaiting()) return give_up();
  go(Pace::kReady);
}

void Connection::go(Pace pace) {
  advance(pace);
  settle();
}

void Connection::advance(Pace pace) {
  const Budget& budget = set_.loop().budget();
  const int most = pace == Pace::kReady ? kMostWhenReady : kMostInTurn;
  for (int step = 0; step < most; ++step) {
    if (step > 0 && budget.is_spent()) break;
    if (pace == Pace::kReady && is_long() && !set_.has_time_for_long()) break;
    bool goes_on = false;
    switch (state_) {
      case State::kIdle:
      case State::kReading:
        goes_on = input_.is_untried() ? take() : read_more();
        break;
      case State::kWriting:
        goes_on = flush(pace);
        break;
      case State::kLingering:
        goes_on = read_past();
        break;
      case State::kJudging:
      case State::kAwaiting:
      case State::kWorking:
      case State::kSession:
      case State::kGone:
        break;
    }
    if (!goes_on) return;
  }
  set_.resume_later(*this);
}

bool Connection::read_more() {
  set_.loop().budget().spend(Budget::kSystemCall);
  switch (input_.fill(*socket_, set_.read_buffer(state_ == State::kIdle))) {
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
  if (exchange_->route != nullptr && !exchange_->has_room(input_.bytes().size())) return true;
  feed_parser();
  const bool is_judged =
      exchange_->parser.progress() != RequestParser::Progress::kHead || judge_head();
  input_.keep();
  if (is_judged) go_on_reading();
  return state_ != State::kGone;
}

// What the parser has come to, of a request whose head was judged or is not whole.
void Connection::go_on_reading() {
  switch (exchange_->parser.progress()) {
    case RequestParser::Progress::kHead:
    case RequestParser::Progress::kIncomplete:
      if (exchange_->route != nullptr && !exchange_->has_room(0)) break;
      input_.wait_for_more();
      if (!exchange_->send_continue()) enter(State::kGone);
      break;
    case RequestParser::Progress::kComplete:
      answer();
      break;
    case RequestParser::Progress::kRefused:
      if (takes_preface()) {
        start_session(std::string(kPrefaceHead));
        break;
      }
      exchange_->refuse(exchange_->parser.refusal().status, exchange_->parser.refusal().text);
      break;
  }
}

void Connection::begin_exchange() {
  exchange_ = set_.take_exchange(*this);
  enter(State::kReading);
}

void Connection::feed_parser() {
  const auto taken = exchange_->parser.feed(input_.bytes(), exchange_->request());
  input_.consume(taken);
  set_.loop().budget().spend(Budget::steps_for_bytes(4 * taken));  // chunks may be tiny
}

// Judges the head before the body is waited for. True: the request goes on, and what is there of
// its body was taken. False: it is answered, or its gate waits.
bool Connection::judge_head() {
  Exchange& exchange = *exchange_;
  exchange.set_remote(peer_);
  if (entrance_ == Entrance::kMain && set_.is_crowded_by(group())) {
    exchange.refuse_for_places();
    return false;
  }
  const auto verdict = set_.server().dispatcher.judge_head(exchange, exchange.route);
  if (verdict != Verdict::kLater) return end_judging(verdict);
  enter(State::kJudging);
  if (framing_ != nullptr) framing_->park_input();
  return false;
}

// Where a body ends that is not here yet is unknown, so the connection ends with an answer.
bool Connection::end_judging(Verdict verdict) {
  Exchange& exchange = *exchange_;
  exchange.parser.go_on();
  feed_parser();
  if (verdict == Verdict::kGoOn) return true;
  const bool is_whole = exchange.parser.progress() == RequestParser::Progress::kComplete;
  closing_ = !is_whole || !exchange.parser.keep_alive() || set_.is_draining();
  respond();
  return false;
}

// What the gate has waited for is there.
void Connection::judge_again() {
  Exchange& exchange = *exchange_;
  const Judge judge = exchange.take_judge();
  const auto verdict = set_.server().dispatcher.judge_again(exchange, judge, exchange.route);
  if (verdict == Verdict::kLater) return;
  enter(State::kReading);
  const bool goes_on = end_judging(verdict);
  input_.keep();
  if (goes_on) go_on_reading();
  go(Pace::kInTurn);
}

bool Connection::read_past() {
  const auto fill = input_.fill(*socket_, set_.read_buffer(false));
  set_.loop().budget().spend(Budget::kSystemCall + Budget::steps_for_bytes(input_.bytes().size()));
  input_.drop();
  if (fill == InputBuffer::Fill::kEnd) enter(State::kGone);
  return fill == InputBuffer::Fill::kBytes;
}

void Connection::check_deadline(BootTime now) {
  if (session_ != nullptr) return session_->check(now);  // which may destroy this
  const auto& options = set_.server().options;
  const auto passed = now - since_;
  if (state_ == State::kReading && passed >= options.request_timeout) {
    set_.counts().timed_out.fetch_add(1, std::memory_order_relaxed);
    exchange_->refuse(408, "the request did not arrive within --request-timeout");
    advance(Pace::kReady);
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

void Connection::cut_unread() {
  if (session_ != nullptr) {  // of which no answer is under way
    enter(State::kGone);
    return settle();
  }
  set_.counts().cut_for_bytes.fetch_add(1, std::memory_order_relaxed);
  end_answer(false, output_->sent());
  settle();
}

// A request that is answered at once holds nothing when it is over.
void Connection::count_held() {
  const std::size_t before = held();
  const std::size_t bytes = exchange_ == nullptr ? input_.held() : exchange_->held(0);
  if (!held_.hold(bytes)) let_go(bytes);
  if (held() > before) set_.relieve(held_);
}

// What is under way is kept; it has come with one read, or was counted before it came. Whose head
// is not judged yet may be a stranger.
void Connection::let_go(std::size_t bytes) {
  if (state_ == State::kReading) {
    exchange_->refuse_for_bytes();
  } else if (state_ == State::kJudging) {
    exchange_->refuse_for_bytes();
    if (exchange_ != nullptr) exchange_->stop_judging();
    if (state_ != State::kGone) set_.resume_later(*this);
  } else if (state_ == State::kWriting) {
    set_.counts().cut_for_bytes.fetch_add(1, std::memory_order_relaxed);
    end_answer(false, output_->sent());
  } else {
    held_.hold_anyway(bytes);
  }
}

Standing Connection::standing() const {
  if (exchange_ != nullptr) return exchange_->standing();
  if (session_ != nullptr) return session_->standing();
  return state_ == State::kLingering ? Standing::kSaid : Standing::kIdle;
}

void Connection::settle() {
  count_held();
  if (state_ == State::kGone) return set_.destroy(*this);
  share_.stand(standing(), since_);
}

}  // namespace sse::http
