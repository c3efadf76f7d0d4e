#include "option_checks.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <string>

#include "sse/base/quantities.h"
#include "sse/base/unique_fd.h"
#include "sse/journal/cluster_journal.h"
#include "sse/journal/durable_journal.h"

#include "cli/command_line.h"
#include "tls_options.h"

namespace sse::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// Less has no room for an id, a type and the shortest data.
constexpr std::size_t kLeastEvent = 128;
constexpr std::size_t kLeastHead = 256;

/// The write-ahead log and the newest events, with some room between.
constexpr std::uint64_t kLeastDisk = std::uint64_t{32} << 20U;
/// Two parts of the history: one is sent, another comes.
constexpr std::size_t kLeastCache = std::size_t{1} << 20U;

Error expected(const std::string& option, const std::string& bound) {
  return {ErrorCode::kInvalid, option + ": expected " + bound};
}

/// An event must fit a segment of the log, and the body of a request.
Status check_event_size(const cli::CommandLine& line, server::EventServerOptions& options) {
  auto& log = options.log;
  if (log.retention.max_bytes < log::kMinLogBytes) {
    return expected("--max-log-bytes", "at least " + format_size(log::kMinLogBytes));
  }
  const std::size_t most = std::min(log.segment_size, log.retention.max_bytes / 8);
  const bool is_event_given = line.is_given("max-event-size");
  if (!is_event_given) {
    log.max_event_size = std::min(log.max_event_size, most);
    return {};
  }
  if (log.max_event_size < kLeastEvent || log.max_event_size > most) {
    return expected("--max-event-size", format_size(kLeastEvent) + " to " + format_size(most) +
                                            " (at most 1M, and an eighth of --max-log-bytes)");
  }
  if (log.max_event_size > options.http.max_body) {
    return expected("--max-event-size", "at most --max-body, which is " +
                                            format_size(options.http.max_body) +
                                            ": an event is published in a body");
  }
  return {};
}

/// An address may hold four fifths, which leaves room for one body.
Status check_http_bytes(const http::ServerOptions& options) {
  if (options.max_http_bytes / 2 >= options.max_body) return {};
  return expected("--max-http-bytes",
                  "at least twice --max-body, which is " + format_size(options.max_body));
}

/// What timers and `retry:` count in milliseconds; 0 has a meaning of its own.
Status check_durations(const server::EventServerOptions& options) {
  const std::pair<const char*, nanoseconds> with_zero[] = {
      {"--heartbeat", options.hub.heartbeat},
      {"--retry", options.hub.retry},
      {"--slow-after", options.hub.slow_after},
      {"--ttl", options.log.retention.ttl},
      {"--idempotency-window", options.idempotency.window}};
  for (const auto& [name, value] : with_zero) {
    if (value.count() > 0 && value < milliseconds(1)) return expected(name, "0 or at least 1ms");
  }
  const std::pair<const char*, nanoseconds> without_zero[] = {
      {"--request-timeout", options.http.request_timeout},
      {"--idle-timeout", options.http.idle_timeout}};
  for (const auto& [name, value] : without_zero) {
    if (value < milliseconds(1)) return expected(name, "at least 1ms");
  }
  return {};
}

/// What is said of a directory that is not there. Only on the command line: a file or the
/// environment may hold the options of more than one hub.
Status check_no_history(const cli::CommandLine& line, const server::EventServerOptions& options) {
  for (const char* name : {"sync", "max-disk-bytes", "history-cache", "max-pending",
                           "commit-timeout", "data-reserve"}) {
    const bool is_of_cluster =
        std::string_view(name) == "max-pending" || std::string_view(name) == "history-cache";
    if (!options.cluster.url.empty() && is_of_cluster) continue;
    if (line.origin_of(name).source == cli::Origin::Source::kCommandLine) {
      return Error{ErrorCode::kInvalid, std::string("--") + name + " needs --data-dir"};
    }
  }
  return {};
}

/// What is said of a cluster that is not there, as of a directory.
Status check_no_cluster(const cli::CommandLine& line) {
  for (const char* name : {"cluster-timeout", "cluster-replicas", "cluster-password-file",
                           "cluster-sentinel-password-file", "cluster-ca-file", "cluster-cert",
                           "cluster-key", "cluster-max-bytes"}) {
    if (line.origin_of(name).source == cli::Origin::Source::kCommandLine) {
      return Error{ErrorCode::kInvalid, std::string("--") + name + " needs --cluster"};
    }
  }
  return {};
}

/// Whether the files of TLS to Redis go together. Without TLS they are an error on the command line
/// alone.
Status check_cluster_tls(const cli::CommandLine& line, const journal::RedisTlsFiles& files,
                         bool is_secure) {
  if (files.certificate.empty() != files.key.empty()) {
    return Error{ErrorCode::kInvalid, files.key.empty()
                                          ? "--cluster-cert needs --cluster-key, its key"
                                          : "--cluster-key needs --cluster-cert, its certificate"};
  }
  if (is_secure) return {};
  for (const char* name : {"cluster-ca-file", "cluster-cert", "cluster-key"}) {
    if (line.origin_of(name).source == cli::Origin::Source::kCommandLine) {
      return Error{ErrorCode::kInvalid, std::string("--") + name + " needs rediss:// in --cluster"};
    }
  }
  return {};
}

Status check_cluster(const cli::CommandLine& line, const server::EventServerOptions& options) {
  const auto& cluster = options.cluster;
  if (cluster.url.empty()) return check_no_cluster(line);
  if (!options.durable.directory.empty()) {
    return Error{ErrorCode::kInvalid,
                 "--cluster: not with --data-dir: the log is in Redis, or in a directory"};
  }
  if (!journal::has_cluster_journal()) {
    return Error{ErrorCode::kInvalid,
                 "--cluster: this sse-serve was built without hiredis (SSE_REDIS=OFF)"};
  }
  const auto url = journal::parse_redis_url(cluster.url);
  if (!url) return Error{ErrorCode::kInvalid, "--cluster: " + url.error().text};
  const std::string sentinels = "cluster-sentinel-password-file";
  if (url->sentinel.empty() &&
      line.origin_of(sentinels).source == cli::Origin::Source::kCommandLine) {
    return Error{ErrorCode::kInvalid, "--" + sentinels + " needs sentinel=NAME in --cluster"};
  }
  SSE_TRY(check_cluster_tls(line, cluster.tls, url->is_secure));
  if (cluster.timeout < milliseconds(1)) return expected("--cluster-timeout", "at least 1ms");
  if (cluster.max_bytes != 0 && cluster.max_bytes < log::kMinLogBytes) {
    return expected("--cluster-max-bytes", "0 or at least " + format_size(log::kMinLogBytes));
  }
  if (options.history_cache < kLeastCache) {
    return expected("--history-cache", "at least " + format_size(kLeastCache));
  }
  if (options.durable.max_pending < options.http.max_body) {
    return expected("--max-pending",
                    "at least --max-body, which is " + format_size(options.http.max_body));
  }
  return {};
}

/// History that outlives the hub is there to be read back a while later.
void lengthen_history(const cli::CommandLine& line, server::EventServerOptions& options) {
  constexpr std::chrono::hours kTtl{24};
  const bool outlives = !options.durable.directory.empty() || !options.cluster.url.empty();
  if (outlives && !line.is_given("ttl")) options.log.retention.ttl = kTtl;
}

Status check_history(const cli::CommandLine& line, server::EventServerOptions& options) {
  lengthen_history(line, options);
  const auto& durable = options.durable;
  if (durable.directory.empty()) return check_no_history(line, options);
  if (!journal::has_durable_journal()) {
    return Error{ErrorCode::kInvalid,
                 "--data-dir: this sse-serve was built without SQLite (SSE_SQLITE=OFF)"};
  }
  if (options.max_disk_bytes > 0 && options.max_disk_bytes < kLeastDisk) {
    return expected("--max-disk-bytes", "0 or at least " + format_size(kLeastDisk));
  }
  if (options.history_cache < kLeastCache) {
    return expected("--history-cache", "at least " + format_size(kLeastCache));
  }
  if (durable.max_pending < options.http.max_body) {
    return expected("--max-pending",
                    "at least --max-body, which is " + format_size(options.http.max_body));
  }
  if (durable.commit_timeout.count() > 0 && durable.commit_timeout < milliseconds(1)) {
    return expected("--commit-timeout", "0 or at least 1ms");
  }
  return {};
}

/// The kernel cuts what it is asked for to its own bounds, and gives twice that.
Status check_send_buffer(std::size_t size) {
  if (size == 0) return {};
  const int asked = static_cast<int>(std::min<std::size_t>(size, INT_MAX / 2));
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int got = 0;
  socklen_t length = sizeof got;
  const bool is_known =
      ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &asked, sizeof asked) == 0 &&
      ::getsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &got, &length) == 0;
  if (!is_known) return {};
  const auto given = static_cast<std::size_t>(got) / 2;
  if (given < size) {
    return expected("--send-buffer",
                    "at most " + std::to_string(given) + " on this machine (net.core.wmem_max)");
  }
  if (given > size) {
    return expected("--send-buffer", "at least " + std::to_string(given) + " on this machine");
  }
  return {};
}

Status check_takeover(const Options& options) {
  if (options.takes_over && options.takeover_socket.empty()) {
    return Error{ErrorCode::kInvalid, "--takeover needs --takeover-socket"};
  }
  if (options.takeover_timeout < milliseconds(1)) {
    return expected("--takeover-timeout", "at least 1ms");
  }
  return {};
}

}  // namespace

Status check_values(const cli::CommandLine& line, Options& options) {
  auto& server = options.server;
  if (server.threads > kMostThreads) {
    return expected("--threads", "at most " + std::to_string(kMostThreads));
  }
  if (server.http.max_head < kLeastHead) {
    return expected("--max-head", "at least " + format_size(kLeastHead));
  }
  if (!server.admin_binds.empty() && !server.admin_from.empty()) {
    return Error{
        ErrorCode::kInvalid,
        "--admin-from does nothing with --admin-bind: every peer that reaches its address is "
        "answered"};
  }
  if (server.proxies.send_proxy_head && server.proxies.are_none()) {
    return Error{ErrorCode::kInvalid,
                 "--proxy-protocol needs --proxy-from: no other peer's PROXY header is read"};
  }
  SSE_TRY(check_tls(line, server));
  SSE_TRY(check_event_size(line, server));
  SSE_TRY(check_http_bytes(server.http));
  SSE_TRY(check_durations(server));
  SSE_TRY(check_history(line, server));
  SSE_TRY(check_cluster(line, server));
  SSE_TRY(check_takeover(options));
  return check_send_buffer(server.socket.send_buffer);
}

}  // namespace sse::serve
