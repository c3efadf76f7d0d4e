#pragma once

/// \file
/// What sse-serve accepts on its command line and in SSE_SERVE_* variables.

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/ip_address.h"
#include "sse/base/logging.h"
#include "sse/gate/idempotency.h"
#include "sse/http/server.h"
#include "sse/hub/options.h"
#include "sse/log/event_log.h"
#include "sse/net/address.h"
#include "sse/server/event_server.h"
#include "sse/storage/memory_store.h"

#include "cli/messages.h"

namespace sse::cli {
class CommandLine;
}

namespace sse::serve {

/// Far more loops than help: each is a thread with its own descriptors.
inline constexpr std::size_t kMostThreads = 256;

struct Options {
  // Where it listens.
  std::vector<std::string> binds;  ///< empty: 127.0.0.1, and ::1 where there is IPv6
  std::uint16_t port = 8089;
  std::size_t threads = server::default_threads();

  // What it keeps and serves.
  hub::HubOptions hub;
  std::optional<std::size_t> max_clients;      ///< given, or the default lowered to what fits
  std::optional<std::size_t> max_connections;  ///< the same
  log::EventLog::Options log;
  http::ServerOptions http;
  storage::MemoryLimits store;
  gate::IdempotencyOptions idempotency;
  net::SocketOptions socket;
  std::chrono::nanoseconds drain = std::chrono::seconds(5);

  // Who may talk to it.
  std::vector<std::string> cors_origins;
  std::vector<std::string> allowed_hosts;
  std::vector<AddressRange> admin_from;

  // Running it.
  std::optional<double> demo_rate;  ///< readings a second
  std::string port_file;
  std::optional<int> ready_fd;
  bool print_url = false;
  bool check_config = false;
  cli::Messages messages;
  std::optional<LogLevel> log_level;  ///< wins over -q and -v
  bool access_log = false;
  std::vector<std::string> command;                  ///< serve only while it runs
  std::optional<rlimit> inherited_descriptor_limit;  ///< of this program, and so of the command
};

inline constexpr const char* kSummary = "Serves event streams: a hub for metrics and events.";

/// What goes to stderr: what happens, unless -q or -v or --log-level says else.
LogOptions log_options(const Options& options);

/// Declares every option, once and without side effects, with its target in `options`.
void declare(cli::CommandLine& line, Options& options);

}  // namespace sse::serve
