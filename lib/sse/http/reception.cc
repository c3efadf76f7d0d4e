#include "sse/http/reception.h"

#include <algorithm>
#include <utility>

#include "sse/http/connection_set.h"
#include "sse/http/peer_text.h"
#include "sse/net/tls_peer.h"

namespace sse::http {
namespace {

std::size_t handshakes_of_a_loop(const ServerOptions& options) {
  const std::size_t loops = std::max<std::size_t>(options.loops, 1);
  return std::max<std::size_t>((options.max_handshakes + loops - 1) / loops, 1);
}

}  // namespace

Reception::Reception(net::Loop& loop, ServerState& server, LoopCounts& counts, Owner owner)
    : server_(server),
      counts_(counts),
      owner_(std::move(owner)),
      greetings_(
          loop, owner_.read_buffer,
          [this](auto outcome, Newcomer newcomer) { end_greeting(outcome, std::move(newcomer)); }),
      handshakes_(loop, server.tls, server.shares, handshakes_of_a_loop(server.options),
                  owner_.read_buffer, [this](auto outcome, Newcomer newcomer) {
                    end_handshake(outcome, std::move(newcomer));
                  }) {
}

void Reception::receive(Newcomer&& newcomer) {
  const auto& is_proxy = server_.hooks.sends_proxy_head;
  if (is_proxy && newcomer.entrance == Entrance::kMain &&
      is_proxy(split_peer(newcomer.peer).address)) {
    return greet(std::move(newcomer));
  }
  welcome(std::move(newcomer));
}

// It has a place from now on, so that no more wait than there may be connections.
void Reception::greet(Newcomer&& newcomer) {
  if (server_.open.is_past_margin()) {
    counts_.refused.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  server_.open.add(Entrance::kMain);
  greetings_.add(std::move(newcomer));
}

void Reception::end_greeting(ProxyGreetings::Outcome outcome, Newcomer newcomer) {
  server_.open.remove(Entrance::kMain);
  if (outcome == ProxyGreetings::Outcome::kDone) return welcome(std::move(newcomer));
  if (outcome == ProxyGreetings::Outcome::kRefused) {
    counts_.without_proxy_head.fetch_add(1, std::memory_order_relaxed);
  }
  owner_.on_left();
}

void Reception::welcome(Newcomer&& newcomer) {
  if (newcomer.transport == Transport::kTls) return shake_hands(std::move(newcomer));
  owner_.admit(std::move(newcomer));
}

// Those are strangers, so another gives way to one of them as to any connection.
void Reception::shake_hands(Newcomer&& newcomer) {
  const Entrance entrance = newcomer.entrance;
  const bool has_room = server_.open.has_room(entrance) ||
                        owner_.make_room(peer_group(split_peer(newcomer.peer).address));
  if (!has_room && server_.open.is_past_margin()) {
    counts_.refused.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  server_.open.add(entrance);
  handshakes_.add(std::move(newcomer));
}

void Reception::end_handshake(TlsHandshakes::Outcome outcome, Newcomer newcomer) {
  server_.open.remove(newcomer.entrance);
  count(outcome, newcomer);
  if (newcomer.socket != nullptr) return owner_.admit(std::move(newcomer));
  owner_.on_left();
}

void Reception::count(TlsHandshakes::Outcome outcome, const Newcomer& newcomer) {
  const auto add = [](std::atomic<std::uint64_t>& count) {
    count.fetch_add(1, std::memory_order_relaxed);
  };
  switch (outcome) {
    case TlsHandshakes::Outcome::kDone:
      return add(newcomer.socket->tls()->version == net::TlsVersion::k12 ? counts_.tls_12
                                                                         : counts_.tls_13);
    case TlsHandshakes::Outcome::kPlainHttp:
      return add(counts_.tls_plain_http);
    case TlsHandshakes::Outcome::kRefused:
      return add(counts_.tls_refused);
    case TlsHandshakes::Outcome::kLate:
      return add(counts_.tls_late);
    case TlsHandshakes::Outcome::kLeft:
      return add(counts_.tls_left);
    case TlsHandshakes::Outcome::kGaveWay:
      return add(counts_.tls_gave_way);
  }
}

void Reception::sweep(BootTime now, Budget& budget) {
  greetings_.sweep(now, server_.options.request_timeout, budget);
  handshakes_.sweep(now, server_.options.handshake_timeout, budget);
}

void Reception::close_all() {
  greetings_.close_all();
  handshakes_.close_all();
}

}  // namespace sse::http
