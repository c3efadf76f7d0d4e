// A connection whose peer speaks HTTP/2: it hosts a session, and stands for it among the others.

#include <utility>

#include "sse/http/connection.h"
#include "sse/http/connection_set.h"
#include "sse/http/exchange.h"
#include "sse/http/two/request_stream.h"
#include "sse/http/two/session.h"
#include "sse/net/tls_peer.h"

namespace sse::http {

// Over TLS it is agreed on in the handshake, never taken for known (RFC 9113 section 3.2).
bool Connection::takes_preface() const {
  return set_.server().options.h2c && !is_used_ && framing_ == nullptr &&
         exchange_->parser.is_preface() && socket_->tls() == nullptr;
}

bool Connection::has_agreed_on_two() const {
  const net::TlsPeer* const tls = socket_ == nullptr ? nullptr : socket_->tls();
  return tls != nullptr && tls->protocol == "h2";
}

void Connection::start(net::Readiness readiness) {
  if (!has_agreed_on_two() || framing_ != nullptr) {
    if (readiness.readable) on_ready(readiness);
    return;
  }
  input_.note(readiness);
  start_session({});
  settle();
}

// It is not idle for a moment: an idle one gives way to those that came with it.
void Connection::start_request() {
  input_.note({.readable = true});
  begin_exchange();
  go(Pace::kInTurn);
}

bool Connection::is_idle() const {
  return state_ == State::kIdle || (session_ != nullptr && !session_->is_busy());
}

void Connection::start_session(std::string first) {
  first += input_.bytes();
  const bool is_hung_up = input_.is_hung_up();
  input_.drop();
  if (exchange_ != nullptr) set_.give_back(std::exchange(exchange_, nullptr));
  const auto& options = set_.server().options;
  session_ = std::make_shared<Session>(
      set_.sessions(), std::move(socket_), peer_,
      SessionLimits{options.max_head, options.request_timeout, options.write_timeout},
      static_cast<SessionHost&>(*this));
  enter(State::kSession);
  session_->start(first, is_hung_up);
  const bool is_crowded = entrance_ == Entrance::kMain && set_.is_crowded_by(group());
  if (is_crowded || set_.is_draining()) session_->drain();
}

// No text of HTTP/1 is sent to a peer that has agreed on HTTP/2: GOAWAY says that no request of it
// is served, so all of them may be sent again.
void Connection::refuse_session() {
  start_session({});
  session_->drain();
  settle();
}

// What it has sent last may still be on its way.
bool Connection::drain_idle() {
  if (session_ == nullptr) return false;
  session_->drain();
  enter(State::kSession);
  return true;
}

void Connection::begin_request(std::unique_ptr<RequestStream> stream) {
  set_.admit_request(*this, std::move(stream));
}

void Connection::on_session_change() {
  set_.place_session(*this, !session_->has_subscriptions());
  if (is_idle() != (listed_ == Listed::kIdle)) enter(State::kSession);
  settle();
}

void Connection::on_session_end() {
  enter(State::kGone);
  settle();
}

}  // namespace sse::http
