#pragma once

/// \file
/// What sse-serve accepts on its command line and in SSE_SERVE_* variables.

#include <sys/resource.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/logging.h"
#include "sse/server/event_server_options.h"

#include "cli/messages.h"
#include "token_options.h"

namespace sse::cli {
class CommandLine;
}

namespace sse::serve {

/// Far more loops than help: each is a thread with its own descriptors.
inline constexpr std::size_t kMostThreads = 256;

struct Options {
  server::EventServerOptions server;  ///< the hub: most options are a field of it

  std::string cluster_password_file;           ///< of --cluster
  std::string cluster_sentinel_password_file;  ///< the same

  // Another process goes on with this hub, or this one with another.
  std::string takeover_socket;  ///< where; empty: not at all
  std::chrono::nanoseconds takeover_timeout = std::chrono::seconds(10);
  bool takes_over = false;

  // Running it.
  std::optional<double> demo_rate;  ///< readings a second
  std::string port_file;
  std::optional<int> ready_fd;
  bool print_url = false;
  bool check_config = false;
  cli::Messages messages;
  std::optional<LogLevel> log_level;  ///< wins over -q and -v
  bool access_log = false;
  std::string checked_path;  ///< of `check`: a directory, or a copy
  std::string backup_file;   ///< of `backup`
  std::string backup_url;    ///< the same: where the hub is; empty: where these options put it
  TokenOptions token;        ///< of `token`
  std::vector<std::string> command;                  ///< serve only while it runs
  std::optional<rlimit> inherited_descriptor_limit;  ///< of this program, and so of the command
};

inline constexpr const char* kSummary = "Serves event streams: a hub for metrics and events.";

/// What goes to stderr: what happens, unless -q or -v or --log-level says otherwise.
LogOptions log_options(const Options& options);

/// As --sync takes it.
std::string sync_text(const journal::SyncPolicy& sync);

/// Declares every option, once and without side effects, with its target in `options`.
void declare(cli::CommandLine& line, Options& options);

}  // namespace sse::serve
