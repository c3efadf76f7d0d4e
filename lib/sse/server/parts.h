#pragma once

/// \file
/// The hub with its routes and what stands before them. It is put together here only; clock,
/// randomness, loops and sockets come from outside.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sse/api/admin_routes.h"
#include "sse/api/event_routes.h"
#include "sse/api/poll_route.h"
#include "sse/api/reserved_events.h"
#include "sse/api/topic_parameter.h"
#include "sse/api/watch_route.h"
#include "sse/auth/authenticator.h"
#include "sse/auth/grants.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/random.h"
#include "sse/gate/access.h"
#include "sse/gate/admin_access.h"
#include "sse/gate/authentication.h"
#include "sse/gate/departure.h"
#include "sse/gate/idempotency.h"
#include "sse/gate/proxy_trust.h"
#include "sse/gate/rate_limits.h"
#include "sse/gate/session_desk.h"
#include "sse/gate/stream_quota.h"
#include "sse/gate/ticket_desk.h"
#include "sse/gate/ticket_store.h"
#include "sse/gate/tickets.h"
#include "sse/http/router.h"
#include "sse/http/server.h"
#include "sse/hub/hub.h"
#include "sse/log/archive.h"
#include "sse/log/event_log.h"
#include "sse/log/journal.h"
#include "sse/server/event_server_options.h"
#include "sse/server/reach.h"

namespace sse::net {
class LoopPool;
}

namespace sse::server {

/// All of a hub but its sockets, its threads and its time: EventServer brings the real ones, tests
/// bring a clock that stands still and sockets in memory. Thread-compatible; hub() from any thread.
class SSE_EXPORT Parts {
 public:
  /// References outlive the parts. `options`: port, threads, socket and drain are left to the
  /// owner, and so are its files of credentials. `journal`: null for one in memory, with
  /// `options.epoch`. `credentials`: null when none are asked for. `shared_tickets`: null for
  /// tickets and sessions of this hub alone, in memory.
  Parts(const Clock& clock, RandomSource& random, net::LoopPool& loops,
        const EventServerOptions& options, std::unique_ptr<log::Journal> journal = nullptr,
        const Reach& reach = {}, std::shared_ptr<const auth::Credentials> credentials = nullptr,
        std::unique_ptr<gate::TicketStore> shared_tickets = nullptr);
  ~Parts();  ///< stop() comes first
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  /// Loads what the journal keeps. Once, before anything is published and before server() starts.
  Status start();

  /// What POSTs to this path answer is kept with the events that they publish, where a directory
  /// keeps those (Idempotency-Key). Before start().
  void keep_answers_of(std::string path) { kept_paths_.push_back(std::move(path)); }

  /// What other hubs of the cluster know of repeated requests was lost (ClusterJournal).
  void forget_repeats(const std::array<std::uint64_t, 2>& digest_key, BootTime since);

  /// Ends the loops' threads and the journal, without a drain: after it nothing uses what a program
  /// has attached or mounted. Any number of times.
  void stop();

  hub::Hub& hub() { return hub_; }
  http::Router& router() { return router_; }
  http::Server& server() { return server_; }
  gate::IdempotencyCounts idempotency_counts() const { return idempotency_.counts(); }

  /// More series in `/-/metrics`: before server() starts. `append` runs on the loops' threads.
  void add_series(std::function<void(api::Exposition&)> append);
  /// The route `POST /-/backup`: before server() starts.
  void add_backup(api::AdminRoutes::Backup backup) {
    admin_routes_.add_backup(router_, std::move(backup));
  }

  /// What `GET /-/cluster` shows: before server() starts.
  void set_cluster(api::AdminRoutes::ClusterSource source) {
    admin_routes_.set_cluster(std::move(source));
  }

  /// How grants by the names of metrics are judged: before server() starts. Used until stop().
  void set_metric_names(const auth::NameOfTopic& name_of);

  /// From now on requests are judged by these, and streams whose principal is gone or has other
  /// rights are closed. REQUIRES: there were credentials from the start. From any thread.
  void replace_credentials(std::shared_ptr<const auth::Credentials> credentials);

  /// What answers repeated requests, for another process; and what another one had. The second
  /// before server() starts.
  gate::Idempotency::Carried kept_answers() const { return idempotency_.carried(); }
  void load_answers(const gate::Idempotency::Carried& kept) {
    idempotency_.load(kept.digest_key, kept.since, kept.texts, {});
  }
  /// Goes on with a stream of another process: see Hub::take_over().
  Status take_over(net::Loop& loop, hub::HandedStream&& stream,
                   std::unique_ptr<net::Socket> socket);

  /// Another process has all of this: what would change something is refused from now on (503), and
  /// connections end with their answers. From any thread.
  void let_go();

  /// With sessions. Used where there are credentials, and no tickets are shared.
  gate::Tickets& tickets() { return tickets_; }

  /// Judges every stream of a principal by the newest credentials. From any thread.
  void review_streams();

  // What they were given.
  const Clock& clock() const { return clock_; }
  RandomSource& random() { return random_; }
  net::LoopPool& loops() { return loops_; }

 private:
  void add_routes(const EventServerOptions& options);
  void add_credential_routes(const EventServerOptions& options);
  hub::StreamStanding standing_of(const auth::Principal& principal) const;
  http::ServerHooks hooks(const EventServerOptions& options);
  http::Verdict admit(http::Call& call, http::Finish& finish);

  const Clock& clock_;
  RandomSource& random_;
  net::LoopPool& loops_;

  // In the order of what stands on what.
  log::EventLog log_;
  const std::unique_ptr<log::Journal> journal_;
  const std::unique_ptr<log::Archive> archive_;  // null: the journal keeps no more than the log
  hub::Hub hub_;
  http::Router router_;
  const std::unique_ptr<const gate::ProxyTrust> proxies_;  // null: there are none
  const gate::Access access_;
  const gate::AdminAccess admin_access_;
  const std::unique_ptr<auth::Authenticator> authenticator_;    // null: no credentials
  const std::unique_ptr<gate::Authentication> authentication_;  // the same
  gate::Tickets tickets_;
  const std::unique_ptr<gate::TicketStore> shared_tickets_;  // null: tickets_ is used
  gate::TicketStore& store_;
  const std::unique_ptr<gate::TicketDesk> desk_;       // null: no credentials
  const std::unique_ptr<gate::SessionDesk> sessions_;  // the same
  const std::unique_ptr<gate::RateLimits> rates_;      // null: there are none
  gate::StreamQuota stream_quota_;
  const api::ReservedEvents reserved_;
  gate::Idempotency idempotency_;
  gate::Departure departure_;
  const api::TopicParameters topic_parameters_;
  api::WatchRoute watch_route_;
  api::PollRoute poll_route_;
  api::EventRoutes event_routes_;
  api::AdminRoutes admin_routes_;
  std::vector<std::string> kept_paths_;
  http::Server server_;
};

}  // namespace sse::server
