#include "assemble.h"

#include <string>
#include <utility>

#include "sse/base/logged_target.h"
#include "sse/base/logging.h"
#include "sse/base/quantities.h"
#include "sse/net/loop_pool.h"

#include "dashboard.h"
#include "reach_warnings.h"

namespace sse::serve {
namespace {

using server::EventServer;
using server::EventServerOptions;

void log_access(const http::Answered& answered) {
  std::string line(answered.peer);
  line.append(" ").append(answered.method).append(" ");
  line += logged_target(answered.target);
  line += " " + std::to_string(answered.status) + " " + std::to_string(answered.bytes) + " bytes " +
          format_duration(std::chrono::floor<std::chrono::microseconds>(answered.duration));
  log_line(LogLevel::kInfo, line);
}

}  // namespace

Result<std::unique_ptr<Assembly>> Assembly::open(const Options& options) {
  EventServerOptions wanted = options.server;
  MetricsDomain::prepare(wanted);
  if (options.access_log || options.messages.verbosity > 1) wanted.observe = log_access;
  auto server = SSE_TRY(EventServer::open(std::move(wanted)));
  warn_of_reach(server->reach(), options.server);
  return std::unique_ptr<Assembly>(new Assembly(std::move(server), options));
}

Assembly::Assembly(std::unique_ptr<EventServer> server, const Options& options)
    : server_(std::move(server)), metrics_(server_->parts(), options.server.rows) {
  add_dashboard(server_->router());
  if (options.demo_rate) demo_.emplace(metrics_.ports(), server_->loops()[0], *options.demo_rate);
}

Assembly::~Assembly() {
  server_->parts().stop();
}

Status Assembly::start() {
  SSE_TRY(load());
  if (demo_) demo_->start();
  return server_->start();
}

}  // namespace sse::serve
