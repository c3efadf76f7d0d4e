#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/clock.h"
#include "sse/http/connection.h"
#include "sse/http/connection_count.h"
#include "sse/http/connection_shares.h"
#include "sse/http/deflater.h"
#include "sse/http/dispatcher.h"
#include "sse/http/held_bytes.h"
#include "sse/http/reception.h"
#include "sse/http/request_counts.h"
#include "sse/http/request_parser.h"
#include "sse/http/server.h"
#include "sse/http/slice_queue.h"
#include "sse/http/tls_source.h"
#include "sse/http/two/sessions.h"
#include "sse/net/loop.h"

namespace sse::http {

class ConnectionSet;
class Postbox;

/// What all connections of a server share.
struct ServerState {
  ServerState(const Clock& the_clock, const Router& the_router, const ServerOptions& the_options,
              ServerHooks the_hooks)
      : clock(the_clock),
        router(the_router),
        options(the_options),
        hooks(std::move(the_hooks)),
        dispatcher(the_router, hooks),
        open(the_options.max_connections),
        held(the_options.max_http_bytes) {}

  RequestLimits limits() const { return {options.max_head, options.max_body}; }

  const Clock& clock;
  const Router& router;
  const ServerOptions options;
  const ServerHooks hooks;
  const Dispatcher dispatcher;
  ConnectionCount open;                   ///< connections of all loops
  std::atomic<std::size_t> awaiting = 0;  ///< those of them whose answer was deferred
  std::atomic<bool> draining = false;     ///< before every loop has heard of it
  ConnectionShares shares;
  HeldBytes held;
  TlsSource tls;  ///< empty where no listener speaks it
  /// Runs a task on another loop, with its connections; thread-safe. Set before the loops run.
  std::function<void(unsigned loop, std::function<void(ConnectionSet&)> task)> post;
};

/// Counts of one loop, written by it and read by anyone.
struct alignas(64) LoopCounts {
  explicit LoopCounts(const Router& router) : requests(router) {}

  std::atomic<std::uint64_t> accepted = 0;
  std::atomic<std::uint64_t> refused = 0;
  std::atomic<std::uint64_t> evicted = 0;
  std::atomic<std::uint64_t> timed_out = 0;
  std::atomic<std::uint64_t> refused_for_bytes = 0;
  std::atomic<std::uint64_t> cut_for_bytes = 0;
  std::atomic<std::uint64_t> without_proxy_head = 0;
  // Handshakes, as TlsCounts has them.
  std::atomic<std::uint64_t> tls_12 = 0;
  std::atomic<std::uint64_t> tls_13 = 0;
  std::atomic<std::uint64_t> tls_refused = 0;
  std::atomic<std::uint64_t> tls_plain_http = 0;
  std::atomic<std::uint64_t> tls_late = 0;
  std::atomic<std::uint64_t> tls_left = 0;
  std::atomic<std::uint64_t> tls_gave_way = 0;
  RequestCounts requests;
  SessionCounts sessions;
};

/// The HTTP connections of one loop: their lists, deadlines (one timer for all) and the buffers
/// they borrow. Loop-affine but for count_dealt(), load() and counts().
class ConnectionSet final : private net::TurnTask {
 public:
  ConnectionSet(net::Loop& loop, ServerState& server);
  ~ConnectionSet();

  // From any thread.

  /// A socket is on its way here.
  void count_dealt() { dealt_.fetch_add(1, std::memory_order_relaxed); }
  /// Sockets here, streams included, and on their way.
  std::size_t load() const { return loop_.attached() + dealt_.load(std::memory_order_relaxed); }
  const LoopCounts& counts() const { return counts_; }
  std::size_t handshakes_under_way() const { return reception_.handshakes_under_way(); }

  // On the loop's thread.

  /// Takes over a socket that was counted by count_dealt().
  void adopt(std::unique_ptr<net::Socket> socket, Entrance entrance = {}, Transport transport = {});
  /// The connection that was found makes room for one on another loop.
  bool give_way(const ConnectionShares::Victim& victim);
  /// Finishes what is in flight, at most for `within`; `on_empty` comes when nothing is left.
  void drain(std::chrono::nanoseconds within, std::function<void()> on_empty);

  // For its connections.

  net::Loop& loop() { return loop_; }
  const ServerState& server() const { return server_; }
  LoopCounts& counts() { return counts_; }
  ConnectionShares& shares() { return server_.shares; }
  HeldBytes& held() { return server_.held; }
  /// Has unread answers cut, if `share` is at its end, or the bytes of all are scarce.
  void relieve(const HeldShare& share);
  bool is_draining() const;
  /// Whether this address may begin no more requests: seven eighths of all connections are busy
  /// with its own, which are not cut.
  bool is_crowded_by(const ConnectionShares::Group& group) const;

  /// Where a connection reads to and renders to: one of each is enough, since a loop does one thing
  /// at a time.
  /// `is_first`: only the part of it for what a request begins with.
  std::span<char> read_buffer(bool is_first);
  std::string& head_buffer();
  /// Compresses the pieces of all answers.
  Deflater& deflater() { return deflater_; }
  /// An exchange for a request that begins. Most are over in the turn in which they began, or a
  /// commit later, so their memory serves again.
  std::unique_ptr<Connection::Exchange> take_exchange(Connection& connection);
  void give_back(std::unique_ptr<Connection::Exchange> exchange);
  /// Takes what a request has that is not needed once its answer is deferred.
  void take_rest(Request& request);
  /// The Date field's value of this second.
  std::string_view date();

  /// How a deferred answer comes here.
  const std::shared_ptr<Postbox>& postbox() const { return postbox_; }
  void count_awaiting(int change) {
    server_.awaiting.fetch_add(static_cast<std::size_t>(change), std::memory_order_relaxed);
  }

  /// Whether the turn may go on with what is long when its socket is ready: half of what it does
  /// for ready sockets is for requests that begin. The rest is done in turn.
  bool has_time_for_long() const;
  /// Among the idle or the busy ones, as its state is now.
  void list(Connection& connection);
  /// Calls resume() in the next turn.
  void resume_later(Connection& connection);
  /// Calls do_slice() when it is the connection's turn. Not for one that is in the queue.
  void work_later(Connection& connection);
  SliceQueue& slices() { return slices_; }
  Sessions& sessions() { return sessions_; }
  /// Serves a request of the session that `host` has, which takes a place of --max-connections as a
  /// connection does.
  void admit_request(const Connection& host, std::unique_ptr<RequestStream> stream);
  /// Whether the session takes a place, too.
  void place_session(Connection& host, bool has_place);
  void destroy(Connection& connection);

 private:
  Reception::Owner owner_of_reception();
  void admit(Newcomer&& newcomer);
  bool serve(Connection& connection, bool has_room, net::Readiness readiness);
  bool find_room(Entrance entrance, const ConnectionShares::Group& newcomer);
  bool make_room(const ConnectionShares::Group& newcomer);
  bool make_room_here(const ConnectionShares::Group& newcomer);
  void find_relief();
  void cut_unread(const ConnectionShares::Victim& holder);
  Connection::List& list_of(Connection::Listed listed) SSE_REQUIRES(loop_.role());
  void move(Connection& connection, Connection::Listed to) SSE_REQUIRES(loop_.role());
  void sweep();
  void sweep_soon();
  bool on_turn() override;
  void run_resumable() SSE_REQUIRES(loop_.role());
  void run_slices() SSE_REQUIRES(loop_.role());
  bool is_empty() const SSE_REQUIRES(loop_.role());
  void check_drained();
  void assert_on_loop() const SSE_ASSERT_CAPABILITY(loop_.role()) { loop_.role().assert_held(); }

  net::Loop& loop_;
  ServerState& server_;
  LoopCounts counts_;
  std::atomic<std::size_t> dealt_ = 0;
  const std::shared_ptr<Postbox> postbox_;

  Sessions sessions_;  // the loop's, as all of this; they outlive what has their streams
  Connection::List idle_ SSE_GUARDED_BY(loop_.role());  // the longest idle first
  Connection::List busy_ SSE_GUARDED_BY(loop_.role());
  Connection::List resumable_ SSE_GUARDED_BY(loop_.role());  // idle or busy, and to go on
  Reception reception_;                                      // the loop's, as all of this
  SliceQueue slices_;
  std::optional<net::TimerId> sweep_timer_ SSE_GUARDED_BY(loop_.role());
  std::optional<net::TimerId> drain_timer_ SSE_GUARDED_BY(loop_.role());
  std::function<void()> on_empty_ SSE_GUARDED_BY(loop_.role());
  bool draining_ SSE_GUARDED_BY(loop_.role()) = false;
  std::vector<char> read_buffer_ SSE_GUARDED_BY(loop_.role());
  std::string head_buffer_ SSE_GUARDED_BY(loop_.role());
  std::vector<std::unique_ptr<Connection::Exchange>> spares_ SSE_GUARDED_BY(loop_.role());
  Request spare_rest_ SSE_GUARDED_BY(loop_.role());
  Deflater deflater_;
  std::string date_ SSE_GUARDED_BY(loop_.role());
  std::int64_t date_second_ SSE_GUARDED_BY(loop_.role()) = -1;
};

}  // namespace sse::http
