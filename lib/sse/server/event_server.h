#pragma once

/// \file
/// A hub inside your own program: everything assembled, in one object.
///
///     auto server = *sse::server::EventServer::open({});
///     server->post("/greet", [&](const httplib::Request& request, httplib::Response&) {
///       auto id = server->publisher().publish({.type = "greeting", .data = request.body});
///     });
///     return server->run() ? 0 : 1;

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/random.h"
#include "sse/base/result.h"
#include "sse/base/wake_fd.h"
#include "sse/gate/idempotency.h"
#include "sse/http/router.h"
#include "sse/http/server.h"
#include "sse/hub/hub.h"
#include "sse/server/event_server_options.h"
#include "sse/server/listening_socket.h"
#include "sse/server/reach.h"

namespace sse::api {
class Exposition;
}

namespace sse::auth {
class Credentials;
}

namespace sse::journal {
class ClusterJournal;
class DurableJournal;
}  // namespace sse::journal

namespace sse::log {
class Journal;
class MemoryJournal;
}  // namespace sse::log

namespace sse::net {
class Listener;
class LoopPool;
class TlsContext;
}  // namespace sse::net

namespace sse::takeover {
class Holdings;
struct Hello;
struct Supervisor;
}  // namespace sse::takeover

namespace sse::server {

class FileWatch;
class Parts;
class TicketKeeper;
struct Carried;

/// Serves `GET /events/watch`, `/events` (GET and POST), `/-/healthz`, `/-/readyz`, `/-/metrics`,
/// `/-/streams`, with a directory `/-/backup`, and what is mounted beside them. Thread-compatible;
/// publisher(), hub() and stop() from any thread.
class SSE_EXPORT EventServer {
 public:
  /// Listens, but does not serve yet: connections wait. Errors: those of net::open_listeners();
  /// kInvalid for a directory in a build without SQLite, a cluster in one without hiredis, or both
  /// together; kForbidden for credentials that cannot be
  /// used, and for a hub that is reached from beyond this machine, asks for none and has no
  /// `open_to_all`.
  static Result<std::unique_ptr<EventServer>> open(EventServerOptions options);
  /// Stops at once, without draining, when it still serves.
  ~EventServer();
  EventServer(const EventServer&) = delete;
  EventServer& operator=(const EventServer&) = delete;

  // Your own handlers, in cpp-httplib's signature: before start(). They run on a loop's thread
  // and must not block. Where the hub asks for credentials a handler serves only requests with a
  // valid one, unless `needs` says otherwise: http::RouteNeeds::nothing() opens it.
  void get(std::string path, http::Handler handler, http::RouteNeeds needs = {});
  void post(std::string path, http::Handler handler, http::RouteNeeds needs = {});
  void put(std::string path, http::Handler handler, http::RouteNeeds needs = {});
  void del(std::string path, http::Handler handler, http::RouteNeeds needs = {});
  /// A handler in our signature, which may answer later or start a stream: see sse/http/call.h. The
  /// same rules apply; gate::principal_of(call) says who asks.
  void add(std::string method, std::string path, http::CallHandler handler,
           http::RouteNeeds needs = {});
  http::Router& router();

  /// Your own series in `/-/metrics`: before start(). `append` runs on the loops' threads.
  void add_series(std::function<void(api::Exposition&)> append);

  /// Reads back what the directory keeps, or what hubs share: after projections are attached to the
  /// hub. Publishing is refused before. Does nothing without either. Call it once, or let start()
  /// do it. Errors: those of journal::make_durable_journal() and journal::make_cluster_journal().
  Status load();
  /// What was read back, and how it is kept; null without a directory.
  const journal::DurableJournal* durable_journal() const { return durable_; }

  /// The same of a log that is shared; null where it is not.
  const journal::ClusterJournal* cluster_journal() const { return cluster_; }

  /// Starts serving, on threads of its own.
  Status start();
  /// start(), then waits for stop(), then drain().
  Status run();
  /// Ends run(). May be called any number of times, also in a signal handler.
  void stop();
  /// Publishing and new streams are refused from now on; streams are fed to the end of the log and
  /// told when to come back, requests are finished, within the time of the options. Returns when
  /// all is done. Call it once, after start().
  void drain();

  // A takeover (takeover/giver.h): another process goes on with this hub, or this one with another.

  /// What this hub has, for takeover::give(): after start(), and used before drain(), on a thread
  /// of its own. `patience`: for the loops and the journal together, to come to rest. Once it was
  /// let go, drain() ends what is left.
  std::unique_ptr<takeover::Holdings> holdings(std::chrono::nanoseconds patience,
                                               const takeover::Supervisor& supervisor);
  /// Whether all loops stand still, to be given to another process. No longer than `patience`, and
  /// while it is so they do not turn. From any thread.
  bool stands_still() const;
  /// What takeover::Taker::ask() says of a hub with these options.
  static takeover::Hello hello(const EventServerOptions& options);
  /// Goes on with all that another process has handed over, once start() is called: in place of
  /// load(). Nothing is done to a connection before, and start() cannot fail then. REQUIRES:
  /// `adopted` of the options is set. Errors: those of load(); kForbidden, kFull, kInvalid: it does
  /// not fit this hub.
  Status take_over(Carried&& carried);

  /// Whether requests need a credential.
  bool asks_for_credentials() const { return !options_.auth.is_empty(); }
  /// Reads the files of credentials and of TLS now; every five seconds they are checked anyway.
  /// Does nothing where there are none. From any thread.
  void reload_files();
  /// The same from a signal handler: a descriptor to write to (WakeFd::wake()); -1 where there are
  /// no such files.
  int reload_fd() const;

  hub::Publisher& publisher() { return hub().publisher(); }
  hub::Hub& hub();
  net::LoopPool& loops() { return *loops_; }
  /// For a domain that is attached to the hub.
  Parts& parts() { return *parts_; }
  http::ServerCounts counts() const;
  gate::IdempotencyCounts idempotency_counts() const;
  std::uint16_t port() const { return port_; }
  /// Where to reach it from this machine: `http://127.0.0.1:8089`, with TLS `https://...`.
  std::string url() const;
  /// The same of `plain_port`; empty where there is none.
  const std::string& plain_url() const { return plain_url_; }
  /// The same for each listener of `admin_binds`, with the port that it got.
  const std::vector<std::string>& admin_urls() const { return admin_urls_; }
  /// From where it can be reached, as its sockets are bound.
  const Reach& reach() const { return reach_; }

 private:
  explicit EventServer(EventServerOptions options);
  Status set_up();
  Result<std::unique_ptr<log::Journal>> make_journal();
  Result<std::unique_ptr<log::Journal>> make_cluster_journal();
  Status load_credentials();
  Status load_tls();
  Status open_listeners();
  Status open_plain_listeners();
  Status prepare();
  void note_sockets(const char* use, const std::vector<std::unique_ptr<net::Listener>>& listeners);
  std::unique_ptr<log::Journal> make_carried_journal();
  Status take_streams(Carried& carried);
  void add_file_series();
  void back_up(std::function<void(Result<std::string>)> done);
  void join_cluster();
  std::unique_ptr<gate::TicketStore> shared_tickets();

  const EventServerOptions options_;
  const WakeFd stop_requested_;
  std::uint16_t port_ = 0;
  Reach reach_;
  std::vector<std::string> admin_urls_;
  std::string plain_url_;

  // In the order of what stands on what.
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<net::LoopPool> loops_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;  // until start()
  std::vector<std::unique_ptr<net::Listener>> admin_listeners_;
  std::vector<std::unique_ptr<net::Listener>> tls_listeners_;
  journal::DurableJournal* durable_ = nullptr;  // of the parts
  journal::ClusterJournal* cluster_ = nullptr;  // the same
  log::MemoryJournal* memory_ = nullptr;        // the same, of a hub that takes over
  std::vector<ListeningSocket> sockets_;
  bool is_loaded_ = false;
  bool is_prepared_ = false;
  std::shared_ptr<const auth::Credentials> credentials_;  // until there are parts
  std::shared_ptr<const net::TlsContext> tls_;            // the same
  std::unique_ptr<Parts> parts_;
  std::unique_ptr<FileWatch> file_watch_;
  std::optional<std::size_t> credential_files_;  // in the watch; none: none are asked for
  std::optional<std::size_t> tls_files_;         // the same; none: no TLS
  std::atomic<WallTime> certificate_end_{WallTime()};
  std::atomic<BootTime> stands_until_{BootTime()};
  std::unique_ptr<TicketKeeper> ticket_keeper_;  // null: tickets are in memory alone
};

}  // namespace sse::server
