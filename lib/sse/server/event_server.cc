#include "sse/server/event_server.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <latch>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "sse/api/exposition.h"
#include "sse/api/series.h"
#include "sse/base/logging.h"
#include "sse/base/version.h"
#include "sse/journal/cluster_journal.h"
#include "sse/journal/durable_journal.h"
#include "sse/json/string.h"
#include "sse/net/listener.h"
#include "sse/net/loop_pool.h"
#include "sse/server/file_watch.h"
#include "sse/server/parts.h"
#include "sse/server/shared_tickets.h"
#include "sse/server/ticket_keeper.h"

namespace sse::server {
namespace {

constexpr const char* kLoopback = "127.0.0.1";
constexpr std::chrono::seconds kAfterSlow{15};

// Requests that wait for the engine are an eighth of --max-connections at most, or so many.
constexpr std::size_t kLeastCalls = 16;

/// A bind address as a host that can be connected to.
std::string reachable_host(std::string_view bind) {
  const bool is_bracketed = bind.starts_with('[') && bind.ends_with(']');
  if (is_bracketed) bind = bind.substr(1, bind.size() - 2);
  // The resolver takes the first two for all addresses.
  if (bind == "*" || bind == "0" || bind == "0.0.0.0") return kLoopback;
  if (const auto address = IpAddress::parse(bind); address == IpAddress()) return "[::1]";
  const std::string host(bind);
  return bind.find(':') == std::string_view::npos ? host : "[" + host + "]";
}

using Listeners = std::vector<std::unique_ptr<net::Listener>>;

net::SocketOptions socket_options(const EventServerOptions& options) {
  net::SocketOptions socket = options.socket;
  // The kernel would give up a peer that takes nothing before it counts as slow.
  socket.user_timeout =
      std::max(socket.user_timeout,
               std::chrono::ceil<std::chrono::milliseconds>(options.hub.slow_after) + kAfterSlow);
  return socket;
}

/// For whom listeners are opened, and what another process has opened for it.
struct Use {
  const char* name;
  net::AdoptedSockets* adopted;  // null: nothing
};

Result<Listeners> listen_on_loopback(std::uint16_t port, const net::SocketOptions& socket,
                                     const Use& use) {
  const auto has = [&](const char* bind) {
    return use.adopted != nullptr && use.adopted->has(use.name, bind, port);
  };
  if (!has(kLoopback) || has("::1")) {
    auto both = net::open_listeners({kLoopback, "::1"}, port, socket, use.adopted, use.name);
    // A machine without IPv6 is served on what it has; a port in use is an error on either.
    if (both || both.error().code != ErrorCode::kIo) return both;
  }
  return net::open_listeners({kLoopback}, port, socket, use.adopted, use.name);
}

Result<Listeners> listen(const EventServerOptions& options) {
  const auto socket = socket_options(options);
  const Use use{"main", options.adopted.get()};
  if (options.binds.empty()) return listen_on_loopback(options.port, socket, use);
  return net::open_listeners(options.binds, options.port, socket, use.adopted, use.name);
}

Result<Listeners> listen_for_admin(const EventServerOptions& options) {
  const auto socket = socket_options(options);
  const Use use{"admin", options.adopted.get()};
  Listeners all;
  for (const auto& text : options.admin_binds) {
    const auto asked = SSE_TRY(net::parse_address_and_port(text));
    auto some = SSE_TRY(asked.bind.empty() ? listen_on_loopback(asked.port, socket, use)
                                           : net::open_listeners({asked.bind}, asked.port, socket,
                                                                 use.adopted, use.name));
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

bool are_local(const Listeners& listeners) {
  return std::all_of(listeners.begin(), listeners.end(),
                     [](const auto& listener) { return listener->bound().is_local(); });
}

/// Takes those out that are not on Unix sockets and not given as descriptors.
Listeners take_hosts(Listeners& listeners) {
  const auto first = std::stable_partition(listeners.begin(), listeners.end(),
                                           [](const auto& each) { return !is_host(each->bind()); });
  Listeners hosts(std::make_move_iterator(first), std::make_move_iterator(listeners.end()));
  listeners.erase(first, listeners.end());
  return hosts;
}

std::string url_of(const net::Listener& listener) {
  const auto& bound = listener.bound();
  if (!bound.ip) return listener.bind();
  return "http://" + reachable_host(to_string(*bound.ip)) + ":" + std::to_string(bound.port);
}

}  // namespace

std::size_t default_threads() {
  constexpr std::size_t kMost = 4;  // past it, one log's readers wait for memory
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMost);
}

Result<std::unique_ptr<EventServer>> EventServer::open(EventServerOptions options) {
  std::unique_ptr<EventServer> server(new EventServer(std::move(options)));
  SSE_TRY(server->set_up());
  return server;
}

EventServer::EventServer(EventServerOptions options)
    : options_(std::move(options)), file_watch_(std::make_unique<FileWatch>()) {
}

EventServer::~EventServer() {
  file_watch_->stop();
  if (loops_) loops_->stop();  // before what the loops' threads use goes away
  if (ticket_keeper_) ticket_keeper_->stop();
}

Status EventServer::set_up() {
  if (!stop_requested_.is_open()) {
    return Error{ErrorCode::kIo, std::string("cannot make an eventfd: ") + std::strerror(errno)};
  }
  SSE_TRY(load_credentials());
  SSE_TRY(load_tls());
  auto journal = SSE_TRY(make_journal());
  loops_ = SSE_TRY(net::LoopPool::open(clock_, options_.threads));
  SSE_TRY(open_listeners());
  parts_ = std::make_unique<Parts>(clock_, random_, *loops_, options_, std::move(journal), reach_,
                                   std::move(credentials_), shared_tickets());
  if (tls_ != nullptr) parts_->server().set_tls(std::move(tls_));
  add_file_series();
  if (durable_ != nullptr) parts_->add_backup([this](auto done) { back_up(std::move(done)); });
  if (durable_ != nullptr && asks_for_credentials()) {
    ticket_keeper_ = std::make_unique<TicketKeeper>(options_.durable.directory + "/tickets",
                                                    parts_->tickets(), clock_);
  }
  if (cluster_ != nullptr) join_cluster();
  // What is kept has rows for projections that are not attached yet.
  const bool is_loaded_later = durable_ != nullptr || cluster_ != nullptr || memory_ != nullptr;
  return is_loaded_later ? Status() : load();
}

Status EventServer::open_listeners() {
  SSE_TRY(check_tls_binds(options_));
  listeners_ = SSE_TRY(listen(options_));
  admin_listeners_ = SSE_TRY(listen_for_admin(options_));
  note_sockets("main", listeners_);
  note_sockets("admin", admin_listeners_);
  reach_ = {are_local(listeners_), are_local(admin_listeners_)};
  SSE_TRY(check_reach(reach_, options_));
  for (const auto& listener : admin_listeners_) admin_urls_.push_back(url_of(*listener));
  const auto reachable =
      std::find_if(listeners_.begin(), listeners_.end(),
                   [](const auto& listener) { return is_host(listener->bind()); });
  port_ = (reachable == listeners_.end() ? listeners_.front() : *reachable)->port();
  if (tls_ != nullptr) tls_listeners_ = take_hosts(listeners_);
  reach_.plain_loopback_only = are_local(listeners_);
  SSE_TRY(open_plain_listeners());
  if (options_.adopted != nullptr) options_.adopted->drop_rest();
  return {};
}

Status EventServer::open_plain_listeners() {
  if (!options_.plain_port) return {};
  auto plain = SSE_TRY(listen_on_loopback(*options_.plain_port, socket_options(options_),
                                          {"plain", options_.adopted.get()}));
  note_sockets("plain", plain);
  plain_url_ = url_of(*plain.front());
  std::move(plain.begin(), plain.end(), std::back_inserter(listeners_));
  return {};
}

void EventServer::back_up(std::function<void(Result<std::string>)> done) {
  durable_->backup([done = std::move(done)](const Result<journal::BackupMade>& made) {
    if (!made) return done(made.error());
    std::string text = R"({"file":)";
    json::append_string(text, made->path);
    text += ",\"bytes\":" + std::to_string(made->bytes);
    text += ",\"sequence\":" + std::to_string(made->head) + "}";
    done(std::move(text));
  });
}

Result<std::unique_ptr<log::Journal>> EventServer::make_journal() {
  if (!options_.cluster.url.empty()) return make_cluster_journal();
  if (options_.durable.directory.empty()) return make_carried_journal();
  const auto& retention = options_.log.retention;
  const journal::LogLimits limits{retention.ttl, retention.max_bytes, retention.max_events,
                                  options_.max_disk_bytes};
  const journal::RepeatLimits repeats{options_.idempotency.window, options_.idempotency.max_bytes};
  auto journal = journal::make_durable_journal({options_.durable, limits, options_.rows, repeats},
                                               clock_, random_);
  if (journal == nullptr) {
    return Error{ErrorCode::kInvalid, "cannot keep history in " + options_.durable.directory +
                                          ": this library was built without SQLite "
                                          "(SSE_SQLITE=OFF)"};
  }
  durable_ = journal.get();
  return std::unique_ptr<log::Journal>(std::move(journal));
}

Result<std::unique_ptr<log::Journal>> EventServer::make_cluster_journal() {
  if (!options_.durable.directory.empty()) {
    return Error{ErrorCode::kInvalid,
                 "a hub keeps its history in a directory or in a cluster, not in both"};
  }
  const auto& retention = options_.log.retention;
  const std::size_t largest = std::min(options_.log.segment_size, retention.max_bytes / 8);
  auto cluster = options_.cluster;
  cluster.max_calls = std::max(options_.http.max_connections / 8, kLeastCalls);
  auto journal =
      journal::make_cluster_journal({std::move(cluster),
                                     {retention.ttl, retention.max_bytes, retention.max_events},
                                     options_.rows,
                                     {options_.idempotency.window, options_.idempotency.max_bytes},
                                     std::min(options_.log.max_event_size, largest),
                                     largest,
                                     options_.durable.max_pending},
                                    clock_, random_);
  if (journal == nullptr) {
    return Error{ErrorCode::kInvalid,
                 "cannot share a log: this library was built without hiredis (SSE_REDIS=OFF)"};
  }
  cluster_ = journal.get();
  // Called once the journal runs, which the parts start.
  cluster_->on_lost_repeats([this](const std::array<std::uint64_t, 2>& digest_key, BootTime since) {
    parts_->forget_repeats(digest_key, since);
  });
  return std::unique_ptr<log::Journal>(std::move(journal));
}

std::unique_ptr<gate::TicketStore> EventServer::shared_tickets() {
  if (cluster_ == nullptr || !asks_for_credentials()) return nullptr;
  return std::make_unique<SharedTickets>(cluster_->tickets(), clock_, options_.tickets);
}

// With the parts, before they start the journal.
void EventServer::join_cluster() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) name.front() = '\0';
  cluster_->set_describe([this, name = std::string(name.data()), address = url(),
                          started = std::chrono::floor<std::chrono::seconds>(clock_.now().wall)] {
    return log::ClusterSelf{name, address, std::string(version()), started, hub().stream_count()};
  });
  parts_->set_cluster([this](auto done) { cluster_->list_nodes(std::move(done)); });
  parts_->add_series([this](api::Exposition& out) {
    api::append_cluster_series(out, cluster_->cluster_counts());
  });
}

Status EventServer::load() {
  if (std::exchange(is_loaded_, true)) return {};
  SSE_TRY(parts_->start());
  // Once the directory is ours.
  if (ticket_keeper_ != nullptr && options_.adopted == nullptr) ticket_keeper_->load();
  return {};
}

void EventServer::get(std::string path, http::Handler handler, http::RouteNeeds needs) {
  router().add("GET", std::move(path), std::move(handler), std::move(needs));
}

void EventServer::post(std::string path, http::Handler handler, http::RouteNeeds needs) {
  router().add("POST", std::move(path), std::move(handler), std::move(needs));
}

void EventServer::put(std::string path, http::Handler handler, http::RouteNeeds needs) {
  router().add("PUT", std::move(path), std::move(handler), std::move(needs));
}

void EventServer::del(std::string path, http::Handler handler, http::RouteNeeds needs) {
  router().add("DELETE", std::move(path), std::move(handler), std::move(needs));
}

void EventServer::add(std::string method, std::string path, http::CallHandler handler,
                      http::RouteNeeds needs) {
  router().add(std::move(method), std::move(path), std::move(handler), std::move(needs));
}

void EventServer::add_series(std::function<void(api::Exposition&)> append) {
  parts_->add_series(std::move(append));
}

// All that can fail: what a hub that takes over does before the other process lets go.
Status EventServer::prepare() {
  if (std::exchange(is_prepared_, true)) return {};
  SSE_TRY(load());
  SSE_TRY(parts_->server().start(std::move(listeners_), std::move(admin_listeners_)));
  SSE_TRY(parts_->server().add_tls(std::move(tls_listeners_)));
  if (ticket_keeper_) ticket_keeper_->hold(true);
  try {
    loops_->prepare();
    if (!file_watch_->is_empty()) file_watch_->start();
    if (ticket_keeper_) ticket_keeper_->start();
  } catch (const std::system_error& failure) {
    return Error{ErrorCode::kIo, std::string("cannot start a thread: ") + failure.what()};
  }
  return {};
}

Status EventServer::start() {
  SSE_TRY(prepare());
  if (options_.adopted != nullptr) {
    parts_->server().claim_listeners();
    options_.adopted->remove_files();
  }
  loops_->start();
  if (ticket_keeper_) ticket_keeper_->hold(false);
  return {};
}

Status EventServer::run() {
  SSE_TRY(start());
  stop_requested_.wait();
  drain();
  return {};
}

void EventServer::stop() {
  stop_requested_.wake();
}

void EventServer::drain() {
  // Streams first, while new connections still get a polite refusal; then the requests in flight.
  const auto begin = clock_.now().boot;
  const auto left_of = [&](std::chrono::nanoseconds time) {
    return std::max(time - (clock_.now().boot - begin), options_.drain / 5);
  };
  hub().refuse_all(options_.drain * 3 / 5);
  std::latch streams_ended(1);
  hub().drain(left_of(options_.drain * 4 / 5), [&] { streams_ended.count_down(); });
  streams_ended.wait();
  const auto left = left_of(options_.drain);
  std::latch requests_ended(1);
  parts_->server().drain(left, [&] { requests_ended.count_down(); });
  requests_ended.wait();
  loops_->stop();
  if (ticket_keeper_) ticket_keeper_->stop();
}

http::Router& EventServer::router() {
  return parts_->router();
}

hub::Hub& EventServer::hub() {
  return parts_->hub();
}

http::ServerCounts EventServer::counts() const {
  return parts_->server().counts();
}

gate::IdempotencyCounts EventServer::idempotency_counts() const {
  return parts_->idempotency_counts();
}

std::string EventServer::url() const {
  const auto& binds = options_.binds;
  const auto host = std::find_if(binds.begin(), binds.end(), is_host);
  if (host == binds.end() && !binds.empty()) return binds.front();
  return (options_.tls.is_on() ? "https://" : "http://") +
         (binds.empty() ? kLoopback : reachable_host(*host)) + ":" + std::to_string(port_);
}

}  // namespace sse::server
