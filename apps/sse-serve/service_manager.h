#pragma once

/// \file
/// What systemd, or another manager with its protocol, tells a service and wants to hear from it:
/// sd_notify(3) and sd_listen_fds(3), without libsystemd.

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/takeover/messages.h"

#include "cli/environment.h"

namespace sse::serve {

/// Thread-compatible.
class ServiceManager {
 public:
  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and _PID, LISTEN_FDS and _PID. What is meant for another
  /// process than `self` does not count.
  ServiceManager(const cli::Environment& environment, pid_t self);

  /// Takes those variables out of the process's environment and keeps the passed sockets from what
  /// it runs: neither is meant for a child.
  void keep_from_children() const;

  /// Sends `READY=1`, `STATUS=...`, or several, a line each. Best effort: a manager that cannot
  /// hear does not stop the hub.
  void notify(std::string_view state) const;

  /// What a hub that is taken over tells the next one.
  takeover::Supervisor supervisor() const;
  /// Of the hub before this one: counts where the environment has nothing of a manager, since one
  /// that starts a reload says so to the hub alone.
  void adopt(const takeover::Supervisor& supervisor);

  /// The listening sockets it has opened for us, as --bind takes them: `fd:3`.
  const std::vector<std::string>& sockets() const { return sockets_; }

  /// How often it wants `WATCHDOG=1`: half of the time after which it restarts a silent service.
  std::optional<std::chrono::milliseconds> watchdog_interval() const { return watchdog_interval_; }

 private:
  std::string notify_socket_;
  std::vector<std::string> sockets_;
  std::optional<std::chrono::milliseconds> watchdog_interval_;
};

}  // namespace sse::serve
