#include "sse/http/connection.h"

#include <charconv>
#include <chrono>
#include <utility>

#include <httplib.h>

#include "sse/http/body_source.h"
#include "sse/http/connection_set.h"
#include "sse/http/error_response.h"
#include "sse/http/exchange.h"
#include "sse/http/output.h"
#include "sse/http/response_head.h"

namespace sse::http {
namespace {

// Reads and requests per turn: a peer that pipelines, or floods, does not stop the loop.
constexpr int kStepsPerTurn = 32;

// How long input is read past after the last answer.
constexpr std::chrono::nanoseconds kLinger = std::chrono::seconds(2);

// Up to this size a body is copied behind its head: one piece is cheaper to send than two.
constexpr std::size_t kCopiedBody = 16U << 10U;

// `address:port`, with the address in brackets when it is IPv6; else a word (`unix`).
void set_remote(httplib::Request& request, std::string_view peer) {
  const auto colon = peer.rfind(':');
  std::string_view address = peer.substr(0, colon);
  if (colon != std::string_view::npos) {
    std::from_chars(peer.data() + colon + 1, peer.data() + peer.size(), request.remote_port);
  }
  if (address.starts_with('[')) address = address.substr(1, address.size() - 2);
  request.remote_addr = address;
}

}  // namespace

Connection::Connection(ConnectionSet& set, std::unique_ptr<net::Socket> socket)
    : set_(set), socket_(std::move(socket)), since_(set.loop().now().boot) {
}

Connection::~Connection() {
  if (exchange_ != nullptr && exchange_->pending != nullptr) stop_awaiting();
}

bool Connection::attach() {
  return socket_->attach(set_.loop(), *this);
}

net::Loop& Connection::loop() {
  return set_.loop();
}

std::unique_ptr<net::Socket> Connection::take_socket() {
  return std::move(socket_);
}

void Connection::on_ready(net::Readiness readiness) {
  readable_ = readable_ || readiness.readable;
  hung_up_ = hung_up_ || readiness.hung_up;
  if (hung_up_) hurry(Hurry::kPeerLeft);
  advance();
  settle();
}

void Connection::resume() {
  advance();
  settle();
}

void Connection::advance() {
  for (int step = 0; step < kStepsPerTurn; ++step) {
    bool goes_on = false;
    switch (state_) {
      case State::kIdle:
      case State::kReading:
        goes_on = has_new_input_ ? take(std::string_view(input_).substr(input_used_)) : read_more();
        break;
      case State::kWriting:
        goes_on = flush();
        break;
      case State::kLingering:
        goes_on = read_past();
        break;
      case State::kAwaiting:
      case State::kGone:
        break;
    }
    if (!goes_on) return;
  }
  set_.resume_later(*this);
}

bool Connection::read_more() {
  if (!readable_) return false;
  const auto buffer = set_.read_buffer();
  const auto result = socket_->read(buffer);
  if (result.status == net::IoStatus::kWouldBlock) {
    readable_ = false;
    return false;
  }
  if (result.status == net::IoStatus::kPeerGone) {
    enter(State::kGone);
    return false;
  }
  // A short read met the end of what was there; what comes later is told. Saves the read that
  // would say so, once per request. The peer's end is not told again.
  const bool may_be_more = result.bytes == buffer.size() || hung_up_;
  const std::string_view bytes(buffer.data(), result.bytes);
  bool goes_on = false;
  if (input_.empty()) {
    goes_on = take(bytes);
  } else {
    // What was taken goes first, or a peer that always sends a little of its next request would
    // make this hold everything that it ever sent.
    input_.erase(0, input_used_);
    input_used_ = 0;
    input_.append(bytes);
    goes_on = take(std::string_view(input_).substr(input_used_));
  }
  if (state_ != State::kReading && !may_be_more) readable_ = false;
  return goes_on;
}

// Feeds the parser with bytes that are input_'s or the read buffer's. True: there may be more to
// do.
bool Connection::take(std::string_view bytes) {
  if (state_ == State::kIdle) {
    exchange_ = std::make_unique<Exchange>(set_.server().limits());
    exchange_->began = set_.loop().now().boot;
    enter(State::kReading);
  }
  const std::size_t taken = exchange_->parser.feed(bytes, exchange_->request);
  keep_rest(bytes, taken);
  switch (exchange_->parser.progress()) {
    case RequestParser::Progress::kIncomplete:
      has_new_input_ = false;
      if (exchange_->parser.awaits_continue()) send_continue();
      break;
    case RequestParser::Progress::kComplete:
      answer();
      break;
    case RequestParser::Progress::kRefused:
      refuse(exchange_->parser.refusal());
      break;
  }
  return state_ != State::kGone;
}

void Connection::keep_rest(std::string_view bytes, std::size_t taken) {
  const bool is_own = !input_.empty();
  has_new_input_ = taken < bytes.size();
  if (!has_new_input_) {
    std::string().swap(input_);
    input_used_ = 0;
  } else if (is_own) {
    input_used_ += taken;
  } else {
    input_ = bytes.substr(taken);
  }
}

void Connection::answer() {
  httplib::Request& request = exchange_->request;
  if (peer_.empty()) peer_ = socket_->peer();
  set_remote(request, peer_);
  closing_ = !exchange_->parser.keep_alive() || set_.is_draining();
  httplib::Response response;
  response.version = request.version;
  auto [route, finish] = set_.server().dispatcher.dispatch(request, response, *this, *this);
  exchange_->route = route;
  if (exchange_->pending != nullptr) {
    if (route != nullptr) return await_answer(response, std::move(finish));
    stop_awaiting();  // the handler failed after it had deferred: that is answered now
  }
  respond(response, finish);
}

void Connection::respond(httplib::Response& response, const Finish& finish) {
  if (socket_ == nullptr) {  // it is a stream now
    exchange_->status = response.status;
    return end_answer(true, 0);
  }
  if (finish) finish(response);
  exchange_->status = response.status;
  const Route* route = exchange_->route;
  const bool is_stream_head =
      route != nullptr && route->stream && exchange_->request.method == "HEAD";
  send(response, is_stream_head);
}

void Connection::refuse(const Refusal& refusal) {
  httplib::Response response;
  set_.server().dispatcher.prepare_refusal(exchange_->request, response);
  error_response(response, refusal.status, refusal.text);
  exchange_->status = refusal.status;
  closing_ = true;
  send(response, false);
}

void Connection::refuse_full() {
  exchange_ = std::make_unique<Exchange>(set_.server().limits());
  exchange_->began = set_.loop().now().boot;
  enter(State::kReading);
  httplib::Response response;
  response.headers.emplace("Retry-After", "1");
  error_response(response, 503, "too many connections (--max-connections)");
  exchange_->status = 503;
  closing_ = true;
  send(response, false);
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

void Connection::send(httplib::Response& response, bool is_stream_head) {
  const httplib::Request& request = exchange_->request;
  AnswerFields fields = choose_fields(request, response, is_stream_head, closing_);
  closing_ = fields.connection == kClose;
  fields.date = set_.date();
  std::string& head = set_.head_buffer();
  append_head(head, response, fields);

  const bool has_body = fields.form != BodyForm::kNone && request.method != "HEAD";
  enter(State::kWriting);
  if (has_body && response.content_provider_) {
    hold(head, {}, 0);
    output_->set_source(std::make_unique<BodySource>(std::move(response), fields.form));
  } else {
    write_out(head, has_body ? std::move(response.body) : std::string());
  }
}

// Most answers leave in one write, from the loop's buffer. Only the others get an Output.
void Connection::write_out(std::string& head, std::string body) {
  if (body.size() <= kCopiedBody) {
    head += body;
    body.clear();
  }
  const iovec pieces[2] = {{head.data(), head.size()}, {body.data(), body.size()}};
  const auto result = socket_->write({pieces, body.empty() ? std::size_t{1} : 2});
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
  std::string().swap(exchange_->request.body);
  output_ = std::make_unique<Output>();
  output_->add(head, std::move(body), sent);
}

bool Connection::flush() {
  const std::uint64_t before = output_->sent();
  const auto result = output_->flush(*socket_);
  if (output_->sent() != before) since_ = set_.loop().now().boot;
  switch (result) {
    case Output::Flush::kDone:
      end_answer(true, output_->sent());
      return true;
    case Output::Flush::kBlocked:
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
  const Route* route = exchange_->route;
  const auto duration = set_.server().clock.now().boot - exchange_->began;
  set_.counts().requests.count(route, exchange_->status, duration);
  if (const auto& observe = set_.server().hooks.observe) {
    const httplib::Request& request = exchange_->request;
    if (peer_.empty()) peer_ = socket_->peer();
    observe({peer_, request.method, request.target,
             route == nullptr ? std::string_view() : std::string_view(route->path),
             exchange_->status, bytes, duration, whole});
  }
  output_.reset();
  exchange_.reset();
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
  std::string().swap(input_);
  input_used_ = 0;
  has_new_input_ = false;
  enter(State::kLingering);
}

bool Connection::read_past() {
  if (!readable_) return false;
  const auto result = socket_->read(set_.read_buffer());
  if (result.status == net::IoStatus::kWouldBlock) readable_ = false;
  if (result.status == net::IoStatus::kPeerGone) enter(State::kGone);
  return result.status == net::IoStatus::kOk;
}

void Connection::check_deadline(BootTime now) {
  const auto& options = set_.server().options;
  const auto passed = now - since_;
  if (state_ == State::kReading && passed >= options.request_timeout) {
    set_.counts().timed_out.fetch_add(1, std::memory_order_relaxed);
    refuse({408, "the request did not arrive within --request-timeout"});
    advance();
  } else if (state_ == State::kWriting && passed >= options.write_timeout) {
    end_answer(false, output_->sent());
  } else if (state_ == State::kLingering && passed >= kLinger) {
    enter(State::kGone);
  }
  settle();
}

void Connection::enter(State state) {
  const bool belongs_to_idle = state == State::kIdle;
  if (state != State::kGone && belongs_to_idle != in_idle_list_) {
    in_idle_list_ = belongs_to_idle;
    if (belongs_to_idle) {
      set_.mark_idle(*this);
    } else {
      set_.mark_busy(*this);
    }
  }
  state_ = state;
  since_ = set_.loop().now().boot;
}

void Connection::settle() {
  if (state_ == State::kGone) set_.destroy(*this);
}

}  // namespace sse::http
