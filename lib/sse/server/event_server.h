#pragma once

/// \file
/// An event stream for a program of one's own: everything assembled, in one object.
///
///     auto server = *sse::server::EventServer::open({});
///     server->post("/greet", [&](const httplib::Request& request, httplib::Response&) {
///       auto id = server->publisher().publish({.type = "greeting", .data = request.body});
///     });
///     return server->run() ? 0 : 1;

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sse/api/topic_parameter.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/ip_address.h"
#include "sse/base/random.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"
#include "sse/gate/access.h"
#include "sse/gate/idempotency.h"
#include "sse/http/router.h"
#include "sse/http/server.h"
#include "sse/hub/hub.h"
#include "sse/log/event_log.h"
#include "sse/log/journal.h"
#include "sse/log/row_ledger.h"
#include "sse/net/address.h"

namespace sse::api {
class AdminRoutes;
class EventRoutes;
class Exposition;
class PollRoute;
class WatchRoute;
}  // namespace sse::api

namespace sse::server {

/// Loops: one for each core, at most 4.
SSE_EXPORT std::size_t default_threads();

/// What is not set is as sse-serve has it.
struct SSE_EXPORT EventServerOptions {
  EventServerOptions();

  std::vector<std::string> binds = {"127.0.0.1"};  ///< also `unix:PATH`, `fd:N`
  std::uint16_t port = 8089;                       ///< 0: any
  std::size_t threads = default_threads();
  hub::HubOptions hub;
  log::EventLog::Options log;
  wire::Epoch epoch = 0;  ///< names this life of the log; 0: a random one
  log::RowLimits rows;    ///< of a projection that is attached to the hub
  http::ServerOptions http;
  net::SocketOptions socket;
  gate::IdempotencyOptions idempotency;
  std::vector<std::string> cors_origins;   ///< as gate::AccessOptions has them
  std::vector<std::string> allowed_hosts;  ///< the same
  std::vector<AddressRange> admin_from;    ///< who, besides this machine, may read `/-/metrics`
  api::TopicParameters topic_parameters;   ///< besides `topic=`, in streams and polls
  std::function<void(const http::Answered&)> observe;  ///< each answered request, on its loop
  std::chrono::nanoseconds drain = std::chrono::seconds(5);
};

/// Serves `GET /events/watch`, `/events` (GET and POST), `/-/healthz`, `/-/readyz`, `/-/metrics`,
/// `/-/streams` and whatever is mounted beside them. Thread-compatible; publisher(), hub() and
/// stop() from any thread.
class SSE_EXPORT EventServer {
 public:
  /// Listens, but serves nobody yet: connections wait. Errors: those of net::open_listeners().
  static Result<std::unique_ptr<EventServer>> open(EventServerOptions options);
  /// Stops at once, without draining, when it still serves.
  ~EventServer();
  EventServer(const EventServer&) = delete;
  EventServer& operator=(const EventServer&) = delete;

  // Handlers of one's own, in cpp-httplib's signature: before start(). They run on a loop's thread
  // and must not block.
  void get(std::string path, http::Handler handler);
  void post(std::string path, http::Handler handler);
  void put(std::string path, http::Handler handler);
  void del(std::string path, http::Handler handler);
  /// One of ours, which may answer later or start a stream: see sse/http/call.h. The same rules.
  void add(std::string method, std::string path, http::CallHandler handler);
  http::Router& router() { return router_; }

  /// Series of one's own in `/-/metrics`: before start(). `append` runs on the loops' threads.
  void add_series(std::function<void(api::Exposition&)> append);

  /// Starts serving, on threads of its own.
  Status start();
  /// start(), then waits for stop(), then drain().
  Status run();
  /// Ends run(). Any number of times, also in a signal handler.
  void stop();
  /// Publishing and new streams are refused from now on; streams are fed to the end of the log and
  /// told when to come back, requests are finished, within the time of the options. Returns when
  /// all is done. Once, after start().
  void drain();

  hub::Publisher& publisher() { return hub_->publisher(); }
  hub::Hub& hub() { return *hub_; }
  net::LoopPool& loops() { return *loops_; }
  http::ServerCounts counts() const { return server_->counts(); }
  gate::IdempotencyCounts idempotency_counts() const { return idempotency_->counts(); }
  std::uint16_t port() const { return port_; }
  /// Where to reach it from this machine: `http://127.0.0.1:8089`.
  std::string url() const;

 private:
  explicit EventServer(EventServerOptions options);
  Status set_up();

  const EventServerOptions options_;
  UniqueFd stop_requested_;  // an eventfd: a signal handler may write it
  std::uint16_t port_ = 0;

  // In the order of what stands on what.
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<net::LoopPool> loops_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;  // until start()
  std::unique_ptr<log::EventLog> log_;
  std::unique_ptr<log::Journal> journal_;
  std::unique_ptr<hub::Hub> hub_;
  http::Router router_;
  std::unique_ptr<gate::Access> access_;
  std::unique_ptr<gate::Idempotency> idempotency_;
  std::unique_ptr<api::WatchRoute> watch_route_;
  std::unique_ptr<api::PollRoute> poll_route_;
  std::unique_ptr<api::EventRoutes> event_routes_;
  std::unique_ptr<api::AdminRoutes> admin_routes_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace sse::server
