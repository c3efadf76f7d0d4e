#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>

#include "sse/base/budget.h"
#include "sse/base/clock.h"
#include "sse/http/newcomer.h"
#include "sse/http/proxy_greetings.h"
#include "sse/http/tls_handshakes.h"
#include "sse/net/loop.h"

namespace sse::http {

struct LoopCounts;
struct ServerState;

/// What comes before the first request of a connection, on one loop: the PROXY header of a proxy of
/// ours, then the TLS handshake. What waits here has a place among the connections of the server.
/// Loop-affine, but for handshakes_under_way().
class Reception {
 public:
  /// Of all of them, the owner's. Each may be called inside receive().
  struct Owner {
    std::function<std::span<char>()> read_buffer;
    /// Has another connection give way. False: none does.
    std::function<bool(const ConnectionShares::Group&)> make_room;
    /// What is ready for its first request; the place that it had is free.
    std::function<void(Newcomer&&)> admit;
    /// A connection is gone before that.
    std::function<void()> on_left;
  };

  Reception(net::Loop& loop, ServerState& server, LoopCounts& counts, Owner owner);

  void receive(Newcomer&& newcomer);
  /// Closes those that are late.
  void sweep(BootTime now, Budget& budget);
  void close_all();
  bool empty() const { return greetings_.empty() && handshakes_.empty(); }
  std::size_t handshakes_under_way() const { return handshakes_.under_way(); }

 private:
  void greet(Newcomer&& newcomer);
  void end_greeting(ProxyGreetings::Outcome outcome, Newcomer newcomer);
  void welcome(Newcomer&& newcomer);
  void shake_hands(Newcomer&& newcomer);
  void end_handshake(TlsHandshakes::Outcome outcome, Newcomer newcomer);
  void count(TlsHandshakes::Outcome outcome, const Newcomer& newcomer);

  ServerState& server_;
  LoopCounts& counts_;
  const Owner owner_;
  ProxyGreetings greetings_;
  TlsHandshakes handshakes_;
};

}  // namespace sse::http
