#include "sse/server/event_server.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <latch>
#include <string_view>
#include <thread>
#include <utility>

#include "sse/api/admin_routes.h"
#include "sse/api/event_routes.h"
#include "sse/api/health_routes.h"
#include "sse/api/poll_route.h"
#include "sse/api/watch_route.h"
#include "sse/log/memory_journal.h"
#include "sse/net/listener.h"
#include "sse/net/loop_pool.h"

namespace sse::server {
namespace {

constexpr std::chrono::seconds kAfterSlow{15};

/// A bind address that is an address or a name.
bool is_host(const std::string& bind) {
  return !bind.starts_with("unix:") && !bind.starts_with("fd:");
}

/// A bind address as a host that can be connected to.
std::string reachable_host(std::string_view bind) {
  const bool is_bracketed = bind.starts_with('[') && bind.ends_with(']');
  if (is_bracketed) bind = bind.substr(1, bind.size() - 2);
  // The resolver takes the first two for all addresses.
  if (bind == "*" || bind == "0" || bind == "0.0.0.0") return "127.0.0.1";
  if (const auto address = IpAddress::parse(bind); address == IpAddress()) return "[::1]";
  const std::string host(bind);
  return bind.find(':') == std::string_view::npos ? host : "[" + host + "]";
}

}  // namespace

std::size_t default_threads() {
  constexpr std::size_t kMost = 4;  // past it, one log's readers wait for memory
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMost);
}

EventServerOptions::EventServerOptions() {
  log.retention.ttl = std::chrono::seconds(60);
}

Result<std::unique_ptr<EventServer>> EventServer::open(EventServerOptions options) {
  std::unique_ptr<EventServer> server(new EventServer(std::move(options)));
  SSE_TRY(server->set_up());
  return server;
}

EventServer::EventServer(EventServerOptions options)
    : options_(std::move(options)), stop_requested_(::eventfd(0, EFD_CLOEXEC)) {
}

EventServer::~EventServer() {
  if (loops_) loops_->stop();  // before what the loops' threads use goes away
  if (journal_) journal_->stop(std::chrono::nanoseconds(0));  // before what it tells goes away
}

Status EventServer::set_up() {
  if (!stop_requested_.is_open()) {
    return Error{ErrorCode::kIo, std::string("cannot make an eventfd: ") + std::strerror(errno)};
  }
  loops_ = SSE_TRY(net::LoopPool::open(clock_, options_.threads));
  net::SocketOptions socket = options_.socket;
  // The kernel would give up a peer that takes nothing before it counts as slow.
  socket.user_timeout =
      std::max(socket.user_timeout,
               std::chrono::ceil<std::chrono::milliseconds>(options_.hub.slow_after) + kAfterSlow);
  listeners_ = SSE_TRY(net::open_listeners(options_.binds, options_.port, socket));
  const auto reachable =
      std::find_if(listeners_.begin(), listeners_.end(),
                   [](const auto& listener) { return is_host(listener->bind()); });
  port_ = (reachable == listeners_.end() ? listeners_.front() : *reachable)->port();

  log::EventLog::Options log_options = options_.log;
  log_options.name_hash = KeyedHash(random_);
  log_ = std::make_unique<log::EventLog>(log_options, clock_);
  const auto epoch = options_.epoch != 0
                         ? options_.epoch
                         : static_cast<wire::Epoch>(random_.below(wire::kMaxEpoch) + 1);
  journal_ = std::make_unique<log::MemoryJournal>(log::MemoryJournal::Options{epoch, options_.rows},
                                                  clock_);
  hub_ = std::make_unique<hub::Hub>(*loops_, *log_, *journal_, options_.hub, random_);
  SSE_TRY(hub_->start());

  const bool loopback_only = std::all_of(options_.binds.begin(), options_.binds.end(),
                                         [](const auto& bind) { return net::is_loopback(bind); });
  access_ = std::make_unique<api::Access>(
      api::AccessOptions{loopback_only, options_.allowed_hosts, options_.cors_origins}, router_);
  idempotency_ = std::make_unique<api::Idempotency>(options_.idempotency, clock_);
  watch_route_ = std::make_unique<api::WatchRoute>(*hub_, clock_);
  watch_route_->add_to(router_);
  poll_route_ = std::make_unique<api::PollRoute>(*hub_, clock_);
  poll_route_->add_to(router_);
  event_routes_ = std::make_unique<api::EventRoutes>(hub_->publisher(),
                                                     [this] { return hub_->stream_count(); });
  event_routes_->add_to(router_);
  admin_routes_ = std::make_unique<api::AdminRoutes>(
      *hub_, clock_, *idempotency_, [this] { return counts(); }, options_.admin_from);
  admin_routes_->add_to(router_);
  api::add_health_routes(router_, [this] { return hub_->publisher().is_open(); });

  http::ServerHooks hooks;
  hooks.before = [this](const httplib::Request& request, httplib::Response& response) {
    return access_->answer_first(request, response);
  };
  hooks.admit = [this](const httplib::Request& request, httplib::Response& response,
                       http::Finish& finish) {
    return idempotency_->admit(request, response, finish);
  };
  hooks.observe = options_.observe;
  server_ =
      std::make_unique<http::Server>(*loops_, clock_, router_, options_.http, std::move(hooks));
  return {};
}

void EventServer::get(std::string path, http::Handler handler) {
  router_.add("GET", std::move(path), std::move(handler));
}

void EventServer::post(std::string path, http::Handler handler) {
  router_.add("POST", std::move(path), std::move(handler));
}

void EventServer::put(std::string path, http::Handler handler) {
  router_.add("PUT", std::move(path), std::move(handler));
}

void EventServer::del(std::string path, http::Handler handler) {
  router_.add("DELETE", std::move(path), std::move(handler));
}

void EventServer::add_deferred(std::string method, std::string path,
                               http::DeferringHandler handler) {
  router_.add_deferred(std::move(method), std::move(path), std::move(handler));
}

void EventServer::add_series(std::function<void(api::Exposition&)> append) {
  admin_routes_->add_series(std::move(append));
}

Status EventServer::start() {
  SSE_TRY(server_->start(std::move(listeners_)));
  loops_->start();
  return {};
}

Status EventServer::run() {
  SSE_TRY(start());
  std::uint64_t requests = 0;
  while (::read(stop_requested_.get(), &requests, sizeof requests) < 0 && errno == EINTR) {
  }
  drain();
  return {};
}

void EventServer::stop() {
  const int error = errno;  // a signal handler must leave it as it was
  const std::uint64_t one = 1;
  // It cannot fail: the counter would have to be full, and then run() ends anyway.
  [[maybe_unused]] const auto written = ::write(stop_requested_.get(), &one, sizeof one);
  errno = error;
}

void EventServer::drain() {
  // Streams first, while whoever connects still gets a polite refusal; then the requests in flight.
  const auto begin = clock_.now().boot;
  const auto left_of = [&](std::chrono::nanoseconds time) {
    return std::max(time - (clock_.now().boot - begin), options_.drain / 5);
  };
  hub_->refuse_all(options_.drain * 3 / 5);
  std::latch streams_ended(1);
  hub_->drain(left_of(options_.drain * 4 / 5), [&] { streams_ended.count_down(); });
  streams_ended.wait();
  const auto left = left_of(options_.drain);
  std::latch requests_ended(1);
  server_->drain(left, [&] { requests_ended.count_down(); });
  requests_ended.wait();
  loops_->stop();
}

std::string EventServer::url() const {
  const auto host = std::find_if(options_.binds.begin(), options_.binds.end(), is_host);
  if (host == options_.binds.end()) return options_.binds.empty() ? "" : options_.binds.front();
  return "http://" + reachable_host(*host) + ":" + std::to_string(port_);
}

}  // namespace sse::server
