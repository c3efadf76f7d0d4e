#include "sse/http/connection.h"

#include <chrono>
#include <utility>

#include "sse/base/check.h"
#include "sse/http/connection_set.h"
#include "sse/http/exchange.h"
#include "sse/http/output.h"
#include "sse/http/peer_text.h"

namespace sse::http {
namespace {

// Reads and requests at a time: a request, and a look for more. What is left has its turn later.
constexpr int kMostWhenReady = 2;
constexpr int kMostInTurn = 4;

// A request is parsed, dispatched and answered. The handler counts its own work.
constexpr std::uint64_t kStepsPerRequest = 300;

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

Connection::~Connection() {
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
  if (is_judged) {
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
        exchange_->refuse(exchange_->parser.refusal().status, exchange_->parser.refusal().text);
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
  set_.loop().budget().spend(Budget::steps_for_bytes(4 * taken));  // chunks may be tiny
}

// Judges the head before the body is waited for. True: the request goes on, and what is there of
// its body was taken. False: it is answered. Where a body ends that is not here yet is unknown, so
// the connection ends with it.
bool Connection::judge_head() {
  Exchange& exchange = *exchange_;
  exchange.set_remote(peer_);
  if (entrance_ == Entrance::kMain && set_.is_crowded_by(group())) {
    exchange.refuse_for_places();
    return false;
  }
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
  set_.loop().budget().spend(exchange.steps_of_body());
  if (outcome != Dispatcher::Outcome::kRoute) exchange.route = nullptr;
  if (outcome == Dispatcher::Outcome::kFailed) return respond();
  if (exchange.is_deferred()) return await_answer();
  if (exchange.is_sliced()) return start_slices(set_.slices().empty());
  if (exchange.slice_first_piece()) return start_slices(false);
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

// The first slice is done at once, where no other waits: most requests that could take long do not.
void Connection::start_slices(bool at_once) {
  enter(State::kWorking);
  if (!at_once || after_slice(exchange_->do_first_slice()) == Slice::kMore) set_.work_later(*this);
}

void Connection::do_slice(Budget& budget) {
  if (after_slice(exchange_->do_slice(budget)) == Slice::kMore) return;
  go(Pace::kInTurn);
}

Slice Connection::after_slice(Slice slice) {
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
  if (state_ == State::kWorking && exchange_->stop_waiting()) set_.work_later(*this);
  if (output_ == nullptr) return;
  output_->go_on();
  since_ = set_.loop().now().boot;
  go(Pace::kInTurn);
}

void Connection::give_up() {
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
  const auto fill = input_.fill(*socket_, set_.read_buffer(false));
  set_.loop().budget().spend(Budget::kSystemCall + Budget::steps_for_bytes(input_.bytes().size()));
  input_.drop();
  if (fill == InputBuffer::Fill::kEnd) enter(State::kGone);
  return fill == InputBuffer::Fill::kBytes;
}

void Connection::check_deadline(BootTime now) {
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

// What is under way is kept; it has come with one read, or was counted before it came.
void Connection::let_go(std::size_t bytes) {
  if (state_ == State::kReading) {
    exchange_->refuse_for_bytes();
  } else if (state_ == State::kWriting) {
    set_.counts().cut_for_bytes.fetch_add(1, std::memory_order_relaxed);
    end_answer(false, output_->sent());
  } else {
    held_.hold_anyway(bytes);
  }
}

Standing Connection::standing() const {
  if (exchange_ != nullptr) return exchange_->standing();
  return state_ == State::kLingering ? Standing::kSaid : Standing::kIdle;
}

void Connection::settle() {
  count_held();
  if (state_ == State::kGone) return set_.destroy(*this);
  share_.stand(standing(), since_);
}

}  // namespace sse::http
