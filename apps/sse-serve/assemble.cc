#include "assemble.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "sse/api/exposition.h"
#include "sse/base/logging.h"
#include "sse/base/quantities.h"
#include "sse/metrics/metric_events.h"
#include "sse/net/address.h"
#include "sse/net/loop_pool.h"

#include "dashboard.h"

namespace sse::serve {
namespace {

using server::EventServer;
using server::EventServerOptions;

void log_access(const http::Answered& answered) {
  std::string line(answered.peer);
  line.append(" ").append(answered.method).append(" ").append(answered.target);
  line += " " + std::to_string(answered.status) + " " + std::to_string(answered.bytes) + " bytes " +
          format_duration(std::chrono::floor<std::chrono::microseconds>(answered.duration));
  log_line(LogLevel::kInfo, line);
}

EventServerOptions server_options(const Options& options) {
  EventServerOptions server;
  server.binds = options.binds;
  server.port = options.port;
  server.threads = options.threads;
  server.hub = options.hub;
  server.hub.max_clients = options.max_clients.value_or(options.hub.max_clients);
  server.log = options.log;
  server.rows = options.store.rows();
  server.http = options.http;
  server.http.max_connections = options.max_connections.value_or(options.http.max_connections);
  server.socket = options.socket;
  server.idempotency = options.idempotency;
  server.cors_origins = options.cors_origins;
  server.allowed_hosts = options.allowed_hosts;
  server.admin_from = options.admin_from;
  server.drain = options.drain;
  server.topic_parameters = {{"metric", metrics::topic_of_metric}};
  if (options.access_log || options.messages.verbosity > 1) server.observe = log_access;
  return server;
}

void append_store_series(api::Exposition& out, const storage::MemoryStore& store,
                         const storage::MemoryLimits& limits) {
  const auto gauge = [&](std::string_view name, std::string_view help, std::size_t value) {
    out.gauge(name, help);
    out.sample(std::uint64_t{value});
  };
  gauge("sse_metrics", "Metrics kept.", store.metric_count());
  gauge("sse_metrics_limit", "Metrics that may be kept (--max-metrics).", limits.max_metrics);
  gauge("sse_readings", "Readings kept, of all metrics.", store.reading_count());
  gauge("sse_readings_limit", "Readings that are kept (--max-readings).", limits.max_readings);
}

Result<std::unique_ptr<EventServer>> open_server(const Options& options) {
  auto wanted = server_options(options);
  if (!wanted.binds.empty()) return EventServer::open(std::move(wanted));
  wanted.binds = {"127.0.0.1", "::1"};
  auto both = EventServer::open(wanted);
  // A machine without IPv6 is served on what it has; a port in use is an error on either.
  if (both || both.error().code != ErrorCode::kIo) return both;
  wanted.binds = {"127.0.0.1"};
  return EventServer::open(std::move(wanted));
}

void warn_if_open(const Options& options) {
  const bool is_local = std::all_of(options.binds.begin(), options.binds.end(),
                                    [](const auto& bind) { return net::is_loopback(bind); });
  if (is_local) return;
  log_line(
      LogLevel::kWarning,
      "listening beyond this machine, and there is no authentication: whoever reaches the port "
      "may read and publish");
}

}  // namespace

Result<std::unique_ptr<Assembly>> Assembly::open(const Options& options) {
  auto server = SSE_TRY(open_server(options));
  warn_if_open(options);
  return std::unique_ptr<Assembly>(new Assembly(std::move(server), options));
}

Assembly::Assembly(std::unique_ptr<EventServer> server, const Options& options)
    : server_(std::move(server)),
      store_(options.store,
             {metrics::metric_created_event, metrics::metric_deleted_event,
              metrics::reading_created_event},
             server_->hub().journal(), server_->hub().log()) {
  server_->hub().attach(store_);
  metric_routes_.add_to(server_->router());
  reading_routes_.add_to(server_->router());
  add_dashboard(server_->router());
  server_->add_series([this, limits = options.store](api::Exposition& out) {
    append_store_series(out, store_, limits);
  });
  if (options.demo_rate) demo_.emplace(ports_, server_->loops()[0], *options.demo_rate);
}

Assembly::~Assembly() {
  server_->loops().stop();
}

Status Assembly::start() {
  if (demo_) demo_->start();
  return server_->start();
}

}  // namespace sse::serve
