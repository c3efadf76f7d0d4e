#pragma once

/// \file
/// HTTP/1.1, HTTP/1.0 and HTTP/2 on the loops.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/http/call.h"
#include "sse/http/deferred_answer.h"
#include "sse/http/router.h"

namespace sse::net {
class Listener;
class LoopPool;
class Socket;
class TlsContext;
}  // namespace sse::net

namespace sse::http {

class ConnectionSet;
struct ServerState;

/// What a listener's connections speak.
enum class Transport : std::uint8_t {
  kPlain,
  kTls,
};

/// Limits of all connections; sse-serve has a flag of the same name for most.
struct ServerOptions {
  std::size_t max_head = 16U << 10U;  ///< bytes of request line and header fields
  std::size_t max_body = 1U << 20U;
  std::size_t max_connections = 4096;  ///< not counting streams
  /// HTTP/2 with prior knowledge (RFC 9113 section 3.3) beside HTTP/1, on every listener.
  bool h2c = false;
  /// What requests and answers hold together, over all loops; at least twice max_body.
  std::size_t max_http_bytes = 64U << 20U;
  std::chrono::nanoseconds request_timeout = std::chrono::seconds(10);  ///< the whole request
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(75);     ///< between requests
  std::chrono::nanoseconds write_timeout =
      std::chrono::seconds(30);  ///< peer takes none of an answer
  /// TLS handshakes under way, dealt evenly to the loops; more wait for their turn.
  std::size_t max_handshakes = 256;
  /// From the connection to the end of the handshake, the wait for a turn included.
  std::chrono::nanoseconds handshake_timeout = std::chrono::seconds(10);
  std::size_t loops = 1;  ///< how many serve; Server sets it
};

/// One request and how it was answered. Views are valid during the call.
struct Answered {
  std::string_view peer;              ///< `address:port`; of a forwarded request the address
  std::string_view method;            ///< empty: the request line could not be read
  std::string_view target;            ///< as it was sent: not to be logged raw
  std::string_view route;             ///< the path as it was added to the router; empty: none
  int status = 0;                     ///< 0: none was sent, the peer of a deferred answer had left
  std::uint64_t bytes = 0;            ///< sent, head included but in HTTP/2; 0 for a stream
  std::chrono::nanoseconds duration;  ///< from the request's first byte to the answer's last
  bool whole = true;                  ///< false: the connection ended before the answer did
};

/// What the program adds to every request. Called on the loops' threads; must not block.
struct ServerHooks {
  /// Whether connections from this address, or from `unix`, begin with a PROXY header (ProxyHead),
  /// which names their peer; one that does not is closed. Not asked of Entrance::kAdmin. Null: none
  /// does, and no header is looked for.
  std::function<bool(std::string_view address)> sends_proxy_head;
  /// Runs when the head is there, before the body is waited for: it may set header fields that the
  /// response then carries (CORS), or answer, at once: what it defers is dropped. Also before an
  /// error that the head itself is answered with, as far as it was read: then its verdict does not
  /// count.
  std::function<Verdict(Call&)> on_head;
  /// Runs behind on_head when that let the request go on, and the table was asked: it says who asks
  /// (Call::identity()), and may answer, whether there is a route or not. Also before a 413; not
  /// before another error that the head itself is answered with. Null: no credentials are asked
  /// for.
  std::function<Verdict(Call&, const RouteMatch&)> on_route;
  /// Runs when the whole request is there and has a route, and may answer, too. Else it may set
  /// `finish`, which then gets the response before it is sent, a deferred one too, even when the
  /// peer has left by then.
  std::function<Verdict(Call&, Finish& finish)> on_request;
  /// For access logs and counts.
  std::function<void(const Answered&)> observe;
};

/// Requests that one route answered: a HEAD counts as the GET that it is about.
struct RouteCounts {
  /// Upper ends of the duration's buckets; there is one more, without end.
  static constexpr std::array<std::chrono::nanoseconds, 13> kBounds = {
      std::chrono::microseconds(100), std::chrono::microseconds(500),
      std::chrono::milliseconds(1),   std::chrono::milliseconds(2),
      std::chrono::milliseconds(5),   std::chrono::milliseconds(10),
      std::chrono::milliseconds(20),  std::chrono::milliseconds(50),
      std::chrono::milliseconds(100), std::chrono::milliseconds(500),
      std::chrono::seconds(1),        std::chrono::seconds(5),
      std::chrono::seconds(30)};

  std::string_view method;  ///< empty: no route answered (404, a refusal, a preflight)
  std::string_view path;
  std::map<int, std::uint64_t> by_status;  ///< 0: a status without a name, or none was sent
  std::array<std::uint64_t, kBounds.size() + 1> by_duration{};  ///< each counts its own
  std::chrono::nanoseconds duration{0};                         ///< of all together
};

/// TLS handshakes so far. A value.
struct TlsCounts {
  std::uint64_t done_12 = 0;     ///< with TLS 1.2
  std::uint64_t done_13 = 0;     ///< with TLS 1.3
  std::uint64_t refused = 0;     ///< not TLS, or no version, cipher, protocol or certificate counts
  std::uint64_t plain_http = 0;  ///< answered with 400, in the clear
  std::uint64_t late = 0;        ///< not done within handshake_timeout
  std::uint64_t left = 0;        ///< the peer went away
  std::uint64_t gave_way = 0;    ///< to another connection, or another handshake
  std::size_t under_way = 0;     ///< now
};

/// HTTP/2 so far. A value.
struct Http2Counts {
  std::uint64_t connections = 0;  ///< so far
  std::uint64_t connections_open = 0;
  std::uint64_t requests = 0;  ///< so far
  std::uint64_t streams = 0;   ///< of HTTP/2, open now: requests, and streams of events
  std::uint64_t flooded = 0;   ///< connections closed, since they asked for work only
  // Streams of HTTP/2 that were reset:
  std::uint64_t reset_by_peer = 0;
  std::uint64_t reset_slow = 0;       ///< it held the window of its connection
  std::uint64_t reset_cut = 0;        ///< its answer ended early
  std::uint64_t reset_malformed = 0;  ///< it broke a rule of HTTP/2
  std::uint64_t reset_refused = 0;    ///< it was not begun, and may be sent again
};

/// What happened so far, over all loops.
struct ServerCounts {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;             ///< over max_connections: 503, or closed at once
  std::uint64_t evicted = 0;             ///< gave way to make room
  std::uint64_t timed_out = 0;           ///< 408
  std::uint64_t refused_for_bytes = 0;   ///< requests that found no room in max_http_bytes: 503
  std::uint64_t without_proxy_head = 0;  ///< closed: their PROXY header was bad, or late
  std::uint64_t cut_for_bytes = 0;       ///< answers that were not read, and were cut for it
  std::vector<RouteCounts> requests;     ///< each route, as it was added, and at last those of none
  TlsCounts tls;
  Http2Counts http2;
  std::size_t open = 0;         ///< connections now, not counting streams
  std::size_t awaiting = 0;     ///< those of them whose answer was deferred
  std::size_t held_bytes = 0;   ///< of requests and answers now
  std::size_t limit_bytes = 0;  ///< max_http_bytes
};

/// Serves `router` on every loop. Over max_connections the address that holds most of them gives
/// way: an idle connection of it is closed, or one whose request has only begun; a deferred answer
/// is hurried (Hurry::kCrowded), and an answer that is not read is cut. A request that is under way
/// is never cut. When the newcomer's own address holds most, only an idle connection gives way, and
/// where none does the new one gets 503 with Retry-After. One address may have seven eighths of
/// max_connections under way; its next request gets 503. The listeners for operators have 16 places
/// beside max_connections (ConnectionCount).
///
/// What requests and answers hold is never more than max_http_bytes, but for what one read of each
/// loop has brought. One address may hold four times what is left: then a body of it is refused
/// with 503 before it comes, unless it came with its head, and the answers that it does not read
/// are cut, the longest unmoved first; those of the address that holds most when less than an
/// eighth is left. Thread-compatible; drain() and counts() from any thread.
class SSE_EXPORT Server {
 public:
  /// Everything given by reference outlives the server. The router is filled.
  Server(net::LoopPool& loops, const Clock& clock, const Router& router,
         const ServerOptions& options, ServerHooks hooks = {});
  /// After LoopPool::stop(), or when the loops never ran.
  ~Server();

  /// Accepts on loop 0 and deals each connection to the loop with the fewest. Before
  /// LoopPool::start(), or on loop 0's thread.
  /// `admin_listeners`: their requests say so (Request::entrance).
  Status start(std::vector<std::unique_ptr<net::Listener>> listeners,
               std::vector<std::unique_ptr<net::Listener>> admin_listeners);
  Status start(std::vector<std::unique_ptr<net::Listener>> listeners);

  /// The same of `listeners` whose connections speak TLS. REQUIRES: set_tls().
  Status add_tls(std::vector<std::unique_ptr<net::Listener>> listeners);
  /// What TLS connections begin with from now on; those that are open stay as they are. From any
  /// thread.
  void set_tls(std::shared_ptr<const net::TlsContext> context);

  /// Serves a connection that was accepted elsewhere, on the loop that has the fewest. After
  /// start(); in the same places.
  void deal(std::unique_ptr<net::Socket> socket, Entrance entrance = Entrance::kMain,
            Transport transport = Transport::kPlain);

  /// Stops listening, closes idle connections, finishes requests in flight (`Connection: close`);
  /// what is left after `within` is cut. Then calls `done` on one of the loops. Once.
  void drain(std::chrono::nanoseconds within, std::function<void()> done);

  /// Each connection ends with the answer that it gets next. From any thread.
  void close_when_answered();

  /// Listening sockets of another process are this one's now (net::Listener::claim()). Before the
  /// loops run.
  void claim_listeners();

  /// Another process goes on with the listening sockets: stops accepting, and closes nothing of
  /// them but its own descriptors. On loop 0's thread.
  void let_listeners_go();

  ServerCounts counts() const;

 private:
  Status accept_from(std::vector<std::unique_ptr<net::Listener>> listeners, Entrance entrance,
                     Transport transport = Transport::kPlain);
  void drain_sets(std::chrono::nanoseconds within);

  net::LoopPool& loops_;
  const std::unique_ptr<ServerState> state_;          // what all loops read
  std::vector<std::unique_ptr<ConnectionSet>> sets_;  // one for each loop

  // Owned by loop 0.
  std::vector<std::unique_ptr<net::Listener>> listeners_;

  std::function<void()> on_drained_;
  // Shared.
  std::atomic<std::size_t> loops_to_drain_ = 0;
};

}  // namespace sse::http
