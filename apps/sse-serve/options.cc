#include "options.h"

#include "sse/base/escape.h"

#include "access_options.h"
#include "cli/command_line.h"
#include "tls_options.h"
#include "token_options.h"

namespace sse::serve {
namespace {

constexpr double kDemoRate = 10;

void declare_listening(cli::OptionList& list, server::EventServerOptions& options) {
  list.group("Listening");
  list.number("-p,--port", options.port, "port; 0 picks a free one");
  list.list("-b,--bind", options.binds, "ADDRESS",
            "address to listen on, unix:PATH or fd:N; repeatable (default 127.0.0.1 and ::1)");
  list.number("--threads", options.threads, "loop threads (default: the cores, at most 4)",
              std::size_t{1});
  list.flag("--h2c", options.http.h2c,
            "serve HTTP/2 without TLS beside HTTP/1.1, to peers that know it (a proxy in front)");
  list.size("--send-buffer", options.socket.send_buffer,
            "kernel buffer of a connection (default: the kernel's choice)");
}

/// Help for a limit whose default is lowered to what fits.
std::string lowered(const std::string& what, std::size_t standard) {
  return what + " (default " + std::to_string(standard) + ", or what the descriptors allow)";
}

void declare_streams(cli::OptionList& list, server::EventServerOptions& options) {
  auto& hub = options.hub;
  list.group("Streams");
  list.number("--max-clients", hub.max_clients, lowered("streams open at once", hub.max_clients),
              std::size_t{1})
      .standard("");
  list.choice<hub::WhenFull>(
      "--when-full", hub.when_full,
      "when full: close the oldest stream of the address with most, or refuse the new one",
      {{"evict-oldest", hub::WhenFull::kEvictOldest}, {"reject", hub::WhenFull::kReject}});
  list.number("--max-per-peer", hub.max_per_peer,
              "streams of one address (IPv6: of one /64); 0 = no limit");
  list.size("--max-filter-bytes", hub.max_filter_bytes,
            "memory for the filters of all streams, half of it for one address; 0 = 8K for each of "
            "--max-clients, at least 16M");
  list.size("--max-lag", hub.max_lag, "bytes a blocked stream may be behind");
  list.duration("--slow-after", hub.slow_after,
                "close a stream that takes nothing for this long; 0 = never");
  list.duration("--heartbeat", hub.heartbeat, "silence before a heartbeat; 0 = off");
  list.duration("--retry", hub.retry, "reconnection time told to subscribers");
  list.duration("--drain", options.drain, "time for streams to end at shutdown");
}

void declare_retention(cli::OptionList& list, log::Retention& retention) {
  list.group("Retention (the tightest wins)");
  list.duration("--ttl", retention.ttl,
                "age of an event; 0 = no limit; 24h with --data-dir or --cluster");
  list.size("--max-log-bytes", retention.max_bytes,
            "memory for events; with --data-dir older ones are on disk alone");
  list.number("--max-log-events", retention.max_events, "number of events; 0 = no limit");
}

/// `always`, `off`, or how long the newest events may be lost by a power cut.
Status read_sync(const std::string& text, journal::SyncPolicy& sync) {
  using Kind = journal::SyncPolicy::Kind;
  if (text == "always") return sync = {Kind::kAlways, {}}, Status();
  if (text == "off") return sync = {Kind::kOff, {}}, Status();
  const auto interval = cli::parse_positive_duration(text);
  if (!interval) {
    return Error{ErrorCode::kInvalid, sse::quoted(text) +
                                          " is not a valid value; expected always, off or a "
                                          "duration, as in 100ms"};
  }
  sync = {Kind::kEvery, *interval};
  return {};
}

void declare_history(cli::OptionList& list, server::EventServerOptions& server) {
  auto& options = server.durable;
  list.group("History on disk");
  list.text("--data-dir", options.directory, "DIR",
            "keep events, metrics and readings in this directory over a restart; --ttl is then 24h "
            "unless it is given");
  list.value("--sync", "always|DURATION|off",
             "always: an event is on the disk before it is acknowledged; DURATION: within that "
             "time after; off: whenever the system writes it",
             [&options](const std::string& text) { return read_sync(text, options.sync); })
      .present([&options] { return sync_text(options.sync); });
  list.size("--max-disk-bytes", server.max_disk_bytes,
            "what the directory takes of the disk; the oldest events go first; 0 = no limit");
  list.size("--history-cache", server.history_cache,
            "memory for events that are read back from the disk or from Redis");
  list.size(
      "--max-pending", options.max_pending,
      "memory for events that wait for the disk or for Redis; more are refused (503), and so is an "
      "address that would have more of it than it leaves free");
  list.duration("--commit-timeout", options.commit_timeout,
                "how long an event may wait for the disk; then 503, or 504 if it may have been "
                "taken; 0 = no limit");
  list.size("--data-reserve", options.reserve,
            "space in the directory that is freed when the disk is full; 0 = none");
}

void declare_cluster(cli::OptionList& list, journal::ClusterOptions& options,
                     std::string& password_file, std::string& sentinel_password_file) {
  list.group("Many hubs");
  list.text("--cluster", options.url, "URL",
            "share one log with other hubs, in Redis: "
            "redis://[USER@]HOST[:PORT][,HOST...][/DB] and ?sentinel=NAME where these are "
            "sentinels, sentinel-user=USER for their user, name=KEY for a log of another name; "
            "rediss:// for TLS; not with --data-dir");
  list.text("--cluster-password-file", password_file, "FILE",
            "password of Redis (default: $SSE_CLUSTER_PASSWORD)");
  list.text("--cluster-sentinel-password-file", sentinel_password_file, "FILE",
            "password of the sentinels (default: $SSE_CLUSTER_SENTINEL_PASSWORD)");
  list.text("--cluster-ca-file", options.tls.authorities, "FILE",
            "with rediss://: the authorities (PEM) that sign the certificates of Redis and of the "
            "sentinels (default: those of the system); these three files are read for each "
            "connection");
  list.text("--cluster-cert", options.tls.certificate, "FILE",
            "with rediss://: the hub's own certificate, and those between it and its root, PEM; "
            "Redis asks for one unless it has tls-auth-clients no");
  list.text("--cluster-key", options.tls.key, "FILE",
            "the key of --cluster-cert, PEM, without a passphrase");
  list.duration("--cluster-timeout", options.timeout,
                "how long an event may wait for Redis; then 503, or 504 if it may have been taken");
  list.size(
      "--cluster-max-bytes", options.max_bytes,
      "events that Redis keeps, where this hub makes the log; the oldest go first; 0 = as much "
      "as --max-log-bytes");
  list.number("--cluster-replicas", options.replicas,
              "replicas of Redis that must have an event before it is acknowledged");
}

void declare_limits(cli::OptionList& list, server::EventServerOptions& options) {
  auto& http = options.http;
  list.group("Limits");
  list.size("--max-event-size", options.log.max_event_size,
            "one encoded event; at most 1M and an eighth of --max-log-bytes");
  list.number("--max-pairs", options.log.max_pairs,
              "pairs of type and topic whose newest events are told apart, for since=each",
              std::size_t{1});
  list.size("--max-head", http.max_head, "request line and header fields");
  list.size("--max-body", http.max_body, "request body");
  list.number("--max-connections", http.max_connections,
              lowered("connections that are not streams", http.max_connections), std::size_t{1})
      .standard("");
  list.size("--max-http-bytes", http.max_http_bytes,
            "memory for request bodies and answers on their way, of all connections");
  list.duration("--request-timeout", http.request_timeout, "a whole request");
  list.duration("--idle-timeout", http.idle_timeout, "between requests");
  list.number("--max-metrics", options.rows.rows, "metrics");
  list.number("--max-readings-per-metric", options.rows.per_series, "readings kept of one metric");
  list.number("--max-readings", options.rows.all_series, "readings kept of all metrics");
  list.duration("--idempotency-window", options.idempotency.window,
                "how long a POST with an Idempotency-Key is known; 0 = not at all");
  list.size("--max-idempotency-bytes", options.idempotency.max_bytes,
            "memory for keys and their answers");
}

/// A step of a millisecond makes at most 1,000 readings, and a day is the longest wait for one.
Status check_demo_rate(double rate) {
  if (rate >= 1.0 / 86'400 && rate <= 1e6) return {};
  return Error{ErrorCode::kInvalid, "expected one reading a day to 1000000/s"};
}

void declare_running(cli::OptionList& list, Options& options) {
  list.group("Running");
  list.optional_value("--demo", "RATE", "make up metrics, RATE readings a second in all (10/s)",
                      [&options](const std::string& text) -> Status {
                        options.demo_rate = text.empty() ? kDemoRate : SSE_TRY(parse_rate(text));
                        return check_demo_rate(*options.demo_rate);
                      });
  list.flag("--takeover", options.takes_over,
            "go on with the hub that has --takeover-socket, with its sockets, streams and history; "
            "start like any other when there is none");
  list.text("--takeover-socket", options.takeover_socket, "PATH",
            "a Unix socket where another sse-serve of this user may take this hub over");
  list.duration("--takeover-timeout", options.takeover_timeout,
                "how long everything may stand still for it; then this hub goes on");
  list.flag("--print-url", options.print_url, "write the URL to stdout when it is ready");
  list.text("--port-file", options.port_file, "FILE", "write the port there when it is ready");
  list.value("--ready-fd", "N", "write the port to this descriptor when it is ready",
             [&options](const std::string& text) -> Status {
               options.ready_fd = SSE_TRY(cli::parse_descriptor(text));
               return {};
             });
  list.flag("--check-config", options.check_config,
            "check the configuration and the addresses, and end: 0 when all is well");
  cli::declare_messages(list, options.messages, "say more; -vv logs each request too");
  list.choice("--log-level", options.log_level, "the lowest level that is logged (default info)",
              {{"debug", LogLevel::kDebug},
               {"info", LogLevel::kInfo},
               {"warn", LogLevel::kWarning},
               {"error", LogLevel::kError},
               {"off", LogLevel::kOff}});
  list.flag("--access-log", options.access_log, "log each request");
}

void declare_commands(cli::CommandLine& line, Options& options) {
  line.may_go_alone();
  declare_token_command(line, options.token);
  auto check = line.command("check",
                            "Reads all of a data directory, or of a backup, and says what is "
                            "damaged; changes nothing.");
  check.group("Check");
  check
      .text("path", options.checked_path, "DIRECTORY",
            "a directory that no hub uses now, or a backup")
      .required();
  line.examples("  sse-serve check /var/lib/sse\n  sse-serve check /backup/sse.db", "check");
  auto backup = line.command("backup", "Has the running hub copy its history, without a pause.");
  backup.group("Backup");
  backup.text("file", options.backup_file, "FILE", "the copy; replaced if it is there").required();
  backup
      .text("--url", options.backup_url, "URL",
            "where the hub is (default: where --admin-bind, --bind and --port put it)")
      .variable("SSE_URL");
  line.examples(
      "  sse-serve backup /backup/sse.db\n"
      "  sse-serve backup --url unix:/run/sse/admin.sock /backup/sse.db",
      "backup");
}

}  // namespace

std::string sync_text(const journal::SyncPolicy& sync) {
  switch (sync.kind) {
    case journal::SyncPolicy::Kind::kAlways:
      return "always";
    case journal::SyncPolicy::Kind::kEvery:
      return format_duration(sync.interval);
    case journal::SyncPolicy::Kind::kOff:
      break;
  }
  return "off";
}

LogOptions log_options(const Options& options) {
  LogOptions log = options.messages.log_options("sse-serve");
  log.level = options.messages.quiet           ? LogLevel::kError
              : options.messages.verbosity > 0 ? LogLevel::kDebug
                                               : LogLevel::kInfo;
  log.level = options.log_level.value_or(log.level);
  return log;
}

void declare(cli::CommandLine& line, Options& options) {
  line.variable_prefix("SSE_SERVE_");
  line.takes_command("COMMAND [ARG...]");
  auto list = line.options();
  declare_listening(list, options.server);
  declare_tls(list, options.server);
  declare_streams(list, options.server);
  declare_retention(list, options.server.log.retention);
  declare_history(list, options.server);
  declare_cluster(list, options.server.cluster, options.cluster_password_file,
                  options.cluster_sentinel_password_file);
  declare_limits(list, options.server);
  declare_access(list, options.server);
  declare_running(list, options);
  declare_commands(line, options);
  line.examples(
      "  sse-serve --port 8089 --max-clients 10000 --ttl 60s\n"
      "  sse-serve --demo\n"
      "  sse-serve --port 0 -- ./test.sh    # a private hub for one script, at $SSE_URL");
}

}  // namespace sse::serve
