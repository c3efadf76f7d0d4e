#include "cluster.h"

#include <cstdlib>
#include <utility>

#include "sse/base/logging.h"
#include "sse/base/quantities.h"

#include "cli/read_file.h"
#include "cli/signals.h"

namespace sse::serve {
namespace {

void warn_of_limit(const char* option, const std::string& here, const std::string& of_log) {
  if (here == of_log) return;
  log_line(LogLevel::kWarning, std::string(option) + " is " + here + " here, and " + of_log +
                                   " of the cluster's log: the hub that made it has set it, and "
                                   "that holds");
}

/// The password in `file`; where that is not given, in the environment.
Result<std::string> read_password(const std::string& file, const char* variable) {
  if (file.empty()) {
    const char* const value = std::getenv(variable);
    return std::string(value == nullptr ? "" : value);
  }
  std::string text = SSE_TRY(cli::read_file(file));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.empty()) return Error{ErrorCode::kInvalid, file + ": expected a password"};
  return text;
}

}  // namespace

Status take_cluster_passwords(Options& options) {
  auto& cluster = options.server.cluster;
  if (cluster.url.empty()) return {};
  cluster.password = SSE_TRY(read_password(options.cluster_password_file, "SSE_CLUSTER_PASSWORD"));
  cluster.sentinel_password = SSE_TRY(
      read_password(options.cluster_sentinel_password_file, "SSE_CLUSTER_SENTINEL_PASSWORD"));
  return {};
}

void show_wait(Options& options, const cli::StopSignals& signals, const ServiceManager& manager) {
  options.server.cluster.on_wait = [&signals, &manager,
                                    said = std::string()](const std::string& why) mutable {
    if (said != why) {
      log_line(LogLevel::kWarning, "the cluster's Redis cannot be used yet, trying again: " + why);
      said = why;
    }
    manager.notify("STATUS=waiting for Redis: " + why + "\nEXTEND_TIMEOUT_USEC=10000000");
    return signals.received() == 0;
  };
  options.server.cluster.goes_on = [&signals] { return signals.received() == 0; };
}

void log_cluster(const journal::ClusterLoaded& loaded, const Options& options) {
  log_line(LogLevel::kInfo, loaded.is_new ? "cluster: the log is new, at " + loaded.address
                                          : "cluster: " + std::to_string(loaded.events) +
                                                " events, " + std::to_string(loaded.rows) +
                                                " metrics with " + std::to_string(loaded.members) +
                                                " readings, read from " + loaded.address);
  if (loaded.archived_events > 0) {
    log_line(LogLevel::kInfo, "cluster: " + std::to_string(loaded.archived_events) +
                                  " older events stay in Redis, and are read when they are asked "
                                  "for");
  }
  const auto& rows = options.server.rows;
  const auto warn = [](const char* option, std::size_t here, std::size_t of_log) {
    warn_of_limit(option, std::to_string(here), std::to_string(of_log));
  };
  warn("--max-metrics", rows.rows, loaded.limits.rows);
  warn("--max-readings-per-metric", rows.per_series, loaded.limits.per_series);
  warn("--max-readings", rows.all_series, loaded.limits.all_series);
  const auto& retention = options.server.log.retention;
  warn_of_limit("--ttl", format_duration(retention.ttl), format_duration(loaded.ttl));
  const std::uint64_t most = options.server.cluster.max_bytes;
  // One that was not given asks for nothing.
  if (most != 0) warn_of_limit("--cluster-max-bytes", format_size(most), format_size(loaded.bytes));
}

}  // namespace sse::serve
