#pragma once

#include <optional>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/wake_fd.h"

namespace sse::client {

/// How an EventSource waits: for bytes, and between two connections. It blocks nowhere else, so an
/// interrupted wait ends it.
class SSE_EXPORT Waiter {
 public:
  enum class Woke {
    kReady,        ///< the descriptor is readable
    kDeadline,     ///< the time has come
    kInterrupted,  ///< an end is wanted
  };

  virtual ~Waiter() = default;

  /// Waits until `fd` is readable (-1: for nothing), `deadline` has come (nullopt: never), or an
  /// interruption, which wins over the others.
  virtual Woke wait(int fd, std::optional<BootTime> deadline) = 0;
};

/// Waits in poll(); another thread may interrupt.
class SSE_EXPORT PollWaiter final : public Waiter {
 public:
  explicit PollWaiter(const Clock& clock);

  Woke wait(int fd, std::optional<BootTime> deadline) override;

  /// Ends this wait and all later ones. Thread-safe, and safe in a signal handler.
  void interrupt();

 private:
  const Clock& clock_;
  const WakeFd interrupted_;
};

/// What poll() takes for a wait that ends at `deadline`: milliseconds, rounded up, -1 for never.
SSE_EXPORT int poll_timeout(std::optional<BootTime> deadline, BootTime now);

}  // namespace sse::client
