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

void append_store_series(api::Exposition& out, const storage::MemoryStore& store,
                         const log::RowLimits& limits) {
  const auto gauge = [&](std::string_view name, std::string_view help, std::size_t value) {
    out.gauge(name, help);
    out.sample(std::uint64_t{value});
  };
  gauge("sse_metrics", "Metrics kept.", store.metric_count());
  gauge("sse_metrics_limit", "Metrics that may be kept (--max-metrics).", limits.rows);
  gauge("sse_readings", "Readings kept, of all metrics.", store.reading_count());
  gauge("sse_readings_limit", "Readings that are kept (--max-readings).", limits.all_series);
}

void warn_if_open(const std::vector<std::string>& binds) {
  const bool is_local = std::all_of(binds.begin(), binds.end(),
                                    [](const auto& bind) { return net::is_loopback(bind); });
  if (is_local) return;
  log_line(
      LogLevel::kWarning,
      "listening beyond this machine, and there is no authentication: whoever reaches the port "
      "may read and publish");
}

}  // namespace

Result<std::unique_ptr<Assembly>> Assembly::open(const Options& options) {
  EventServerOptions wanted = options.server;
  wanted.topic_parameters = {{"metric", metrics::topic_of_metric}};
  if (options.access_log || options.messages.verbosity > 1) wanted.observe = log_access;
  auto server = SSE_TRY(EventServer::open(std::move(wanted)));
  warn_if_open(options.server.binds);
  return std::unique_ptr<Assembly>(new Assembly(std::move(server), options));
}

Assembly::Assembly(std::unique_ptr<EventServer> server, const Options& options)
    : server_(std::move(server)),
      store_(options.server.rows,
             {metrics::metric_created_event, metrics::metric_deleted_event,
              metrics::reading_created_event},
             server_->hub().journal(), server_->hub().log()) {
  server_->hub().attach(store_);
  metric_routes_.add_to(server_->router());
  reading_routes_.add_to(server_->router());
  add_dashboard(server_->router());
  server_->add_series([this, limits = options.server.rows](api::Exposition& out) {
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
