#include "sse/http/exchange.h"

#include <algorithm>
#include <utility>

#include "sse/base/check.h"
#include "sse/http/answer_socket.h"
#include "sse/http/connection_set.h"
#include "sse/http/dispatcher.h"
#include "sse/http/error_response.h"
#include "sse/http/output.h"
#include "sse/http/peer_text.h"
#include "sse/http/response_head.h"
#include "sse/http/stream_socket.h"
#include "sse/net/tls_peer.h"

namespace sse::http {
namespace {

// Of a stream: it is not allocated twice.
constexpr std::size_t kUsualHead = 512;

// Of a response that is made in slices, while its connection is ready: fifty that take long, and
// are ready before a request that does not, delay it by a few turns instead of one for each.
constexpr std::uint64_t kStepsOfFirstSlice = Budget::kStepsPerMillisecond / 20;

}  // namespace

void Connection::Exchange::begin(Connection& its_connection, const RequestLimits& limits,
                                 BootTime now) {
  connection_ = &its_connection;
  parser = RequestParser(limits);
  began = now;
  status = 0;
  sent_continue = is_stream = is_waiting_ = is_again_ = false;
  first_piece_.reset();
  accepted_.reset();
  is_gzip_ = false;
}

void Connection::Exchange::end() {
  if (is_deferred()) forget_pending();  // a gate has deferred what it answered
  if (pending_piece_ != nullptr) std::exchange(pending_piece_, nullptr)->connection = nullptr;
  connection_ = nullptr;
  route = nullptr;
  work_ = nullptr;
  judge_ = nullptr;
  finish = nullptr;
  std::string().swap(first_);
  clear();
}

void Connection::Exchange::set_remote(std::string_view peer) {
  if (connection_->framing_ != nullptr) request().version = Version::kHttp2;
  request().entrance = connection_->entrance();
  request().is_proxied = connection_->is_proxied();
  const PeerText parts = split_peer(peer);
  request().remote_address = parts.address;
  request().remote_port = parts.port;
  request().group = connection_->group();
  request().is_forwarded = false;
  const net::TlsPeer* const tls =
      connection_->socket_ != nullptr ? connection_->socket_->tls() : nullptr;
  request().is_secure = tls != nullptr;
  if (tls != nullptr) request().certificate_names = tls->names;
}

Standing Connection::Exchange::standing() const {
  switch (connection_->state_) {
    case State::kReading:
      return route == nullptr ? Standing::kBegun : Standing::kKept;
    case State::kJudging:
      return Standing::kBegun;
    case State::kAwaiting:
      return pending_->on_hurry != nullptr ? Standing::kWaiting : Standing::kKept;
    case State::kWriting:
      return connection_->output_->is_awaiting() ? Standing::kKept : Standing::kUnread;
    default:
      return Standing::kKept;
  }
}

std::size_t Connection::Exchange::held(std::size_t more) const {
  const Output* output = connection_->output_.get();
  const auto& by_pieces = response().held_by_pieces;  // until the body has a source
  const std::size_t bytes = connection_->input_.held() + request().capacity() +
                            response().body.capacity() + first_.capacity() +
                            (by_pieces == nullptr ? 0 : *by_pieces) +
                            (output == nullptr ? 0 : output->held());
  if (connection_->state_ == State::kJudging && connection_->framing_ != nullptr) {
    return bytes + connection_->framing_->input_held();
  }
  if (connection_->state_ != State::kReading) return bytes;
  return bytes - request().body.capacity() + parser.body_held(request().body, more);
}

ResponseBody Connection::Exchange::compose(std::string& head) {
  Response& response = this->response();
  ResponseBody body;
  if (response.pieces && !response.length) {
    if (!first_piece_) take_first(loop().budget());
    body.piece = *std::exchange(first_piece_, std::nullopt);
  }
  if (!is_stream) code_body(loop().budget());
  std::string first = std::exchange(first_, {});  // sent with this response, or not at all
  status = response.status;
  AnswerFields fields = is_stream
                            ? choose_stream_fields(request().version)
                            : choose_fields(request().version, response, connection_->closing_);
  body.is_last = fields.connection == kClose;
  fields.date = connection_->set_.date();
  const bool has_body = fields.form != BodyForm::kNone && request().method != "HEAD";
  if (AnswerSocket* const framing = connection_->framing_; framing != nullptr) {
    const bool is_empty = fields.form == BodyForm::kSized && fields.length == 0;
    framing->send_head(response, fields, has_body && !is_empty);
  } else {
    append_head(head, response, fields);
  }
  if (!has_body) return body;
  if (response.pieces) {
    body.source = std::make_unique<BodySource>(
        std::move(response.pieces), fields.form, fields.length, std::move(first),
        std::move(response.held_by_pieces), is_gzip_ ? &connection_->set_.deflater() : nullptr);
  } else {
    body.whole = std::move(response.body);
  }
  return body;
}

void Connection::Exchange::take_first(Budget& budget) {
  first_.clear();
  first_piece_ = take_first_piece(response(), first_, [this] { return make_resume(); });
  budget.spend(steps_of_piece(first_.size() + response().body.size()));
}

// A long body is compressed a part at a time, as its peer takes it.
void Connection::Exchange::code_body(Budget& budget) {
  Response& response = this->response();
  const auto coding =
      choose_compression(accepted_ ? *accepted_ : accepted_codings(request()), response);
  if (coding != ContentCoding::kGzip) return;
  if (!response.pieces && response.body.size() <= Deflater::kMostAtOnce) {
    return budget.spend(gzip(response.body, connection_->set_.deflater()));
  }
  is_gzip_ = true;
  if (!response.pieces) make_pieces(response, first_);
}

bool Connection::Exchange::slice_first_piece() {
  if (!response().pieces || response().length) return false;
  work_ = [this](Response& /*response*/, Budget& budget, const auto& /*later*/) {
    take_first(budget);
    return Slice::kDone;
  };
  return true;
}

void Connection::Exchange::refuse(int error_status, std::string_view text) {
  // With a route the head was judged. It is not the route's answer.
  const bool was_seen = connection_->state_ == State::kJudging;
  if (std::exchange(route, nullptr) == nullptr && !was_seen) {
    set_remote(connection_->peer_);
    connection_->set_.server().dispatcher.prepare_refusal(*this);
  }
  error_response(response(), error_status, text);
  connection_->input_.drop();  // it means nothing any more
  connection_->closing_ = true;
  connection_->send();
}

void Connection::Exchange::refuse_for_now(std::string_view text) {
  response().fields.set("Retry-After", "1");
  refuse(503, text);
}

void Connection::Exchange::refuse_for_places() {
  refuse_for_now("too many connections (--max-connections)");
}

bool Connection::Exchange::has_room(std::size_t more) {
  if (connection_->held_.hold(held(more))) return true;
  refuse_for_bytes();
  return false;
}

void Connection::Exchange::refuse_for_bytes() {
  connection_->set_.counts().refused_for_bytes.fetch_add(1, std::memory_order_relaxed);
  refuse_for_now("requests and answers hold too much memory (--max-http-bytes)");
}

bool Connection::Exchange::send_continue() {
  if (!parser.awaits_continue() || std::exchange(sent_continue, true)) return true;
  if (connection_->framing_ != nullptr) {
    connection_->framing_->send_continue();
    return true;
  }
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const iovec piece{const_cast<char*>(kContinue.data()), kContinue.size()};
  // A buffer that has no room for these, at the start of an answer, belongs to a peer that does not
  // read: nothing is owed to it.
  const auto result = connection_->socket_->write({&piece, 1});
  return result.bytes == kContinue.size();
}

void Connection::Exchange::count(const std::string& peer, bool whole, std::uint64_t bytes) const {
  const ServerState& server = connection_->set_.server();
  const auto duration = server.clock.boot() - began;
  connection_->set_.counts().requests.count(route, status, duration);
  if (!server.hooks.observe) return;
  const std::string& shown = request().is_forwarded ? request().remote_address : peer;
  server.hooks.observe({shown, request().method, request().target,
                        route == nullptr ? std::string_view() : std::string_view(route->path),
                        status, bytes, duration, whole});
}

net::Loop& Connection::Exchange::loop() {
  return connection_->set_.loop();
}

Budget& Connection::Exchange::budget() {
  return loop().budget();
}

DeferredAnswer Connection::Exchange::defer(OnHurry on_hurry) {
  SSE_CHECK(!is_deferred() && !is_sliced() && !is_stream);
  pending_ = std::make_shared<PendingAnswer>(connection_->set_.postbox(), *connection_,
                                             std::move(on_hurry));
  return DeferredAnswer(pending_);
}

void Connection::Exchange::await() {
  pending_->fields = std::move(response().fields);
  pending_->finish = std::move(finish);
  accepted_ = accepted_codings(request());
  connection_->set_.take_rest(request());
  connection_->set_.count_awaiting(+1);
  pending_->is_counted = true;
}

void Connection::Exchange::hurry(Hurry why) {
  const auto on_hurry = std::exchange(pending_->on_hurry, nullptr);
  if (on_hurry) on_hurry(why);
}

void Connection::Exchange::stop_awaiting() {
  response() = Response();
  response().fields = std::move(pending_->fields);
  finish = std::move(pending_->finish);
  forget_pending();
}

// What the response is to be finished with stays there, for one that comes too late.
void Connection::Exchange::forget_pending() {
  const auto pending = std::move(pending_);
  pending->connection = nullptr;
  pending->on_hurry = nullptr;
  pending->awaited.store(false, std::memory_order_relaxed);
  if (pending->is_counted) connection_->set_.count_awaiting(-1);
}

void Connection::Exchange::answer_in_slices(SlicedWork work) {
  SSE_CHECK(!is_deferred() && !is_sliced() && !is_stream);
  work_ = std::move(work);
}

Resume Connection::Exchange::judge_later(Judge judge) {
  judge_ = std::move(judge);
  is_waiting_ = true;
  return make_resume();
}

void Connection::Exchange::stop_judging() {
  judge_ = nullptr;
  is_waiting_ = false;
  if (pending_piece_ != nullptr) std::exchange(pending_piece_, nullptr)->connection = nullptr;
}

Slice Connection::Exchange::do_slice(Budget& budget) {
  const Slice slice = http::do_slice(work_, response(), budget, [this] { return make_resume(); });
  is_waiting_ = slice == Slice::kLater;
  if (slice == Slice::kDone || slice == Slice::kAgain) work_ = nullptr;
  return slice;
}

void Connection::Exchange::ask_again() {
  is_again_ = true;
  connection_->set_.server().dispatcher.ask_again(*this, *route);
}

Slice Connection::Exchange::do_first_slice() {
  Budget& all = loop().budget();
  const std::uint64_t share = std::min(all.left(), kStepsOfFirstSlice);
  Budget first(share);
  const Slice slice = do_slice(first);
  all.spend(share - first.left());
  return slice;
}

std::unique_ptr<net::Socket> Connection::Exchange::start_stream() {
  SSE_CHECK(connection_->socket_ != nullptr && !is_stream && !is_deferred() && !is_sliced());
  is_stream = true;
  if (request().method == "HEAD") return nullptr;
  AnswerFields fields = choose_stream_fields(request().version);
  fields.date = connection_->set_.date();
  if (AnswerSocket* const framing = connection_->framing_; framing != nullptr) {
    framing->send_head(response(), fields, true);
    framing->become_stream();
    return std::move(connection_->socket_);
  }
  std::string head;
  head.reserve(kUsualHead);
  append_head(head, response(), fields);
  const auto form =
      fields.form == BodyForm::kChunked ? StreamForm::kChunked : StreamForm::kUntilClose;
  return std::make_unique<StreamSocket>(std::move(connection_->socket_), std::move(head), form);
}

Resume Connection::Exchange::make_resume() {
  if (pending_piece_ == nullptr) {
    pending_piece_ =
        std::make_shared<PendingPiece>(PendingPiece{connection_->set_.postbox(), connection_});
  }
  return [owed = std::make_shared<OwedPiece>(pending_piece_)] { owed->come(); };
}

}  // namespace sse::http
