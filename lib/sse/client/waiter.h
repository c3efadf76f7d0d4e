#pragma once

#include <optional>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/unique_fd.h"

namespace sse::client {

/// How an EventSource waits: for bytes, and between two connections. The only place where it
/// blocks, so whoever can end this wait ends everything.
class SSE_EXPORT Waiter {
 public:
  enum class Woke {
    kReady,        ///< the descriptor is readable
    kDeadline,     ///< the time has come
    kInterrupted,  ///< somebody wants an end
  };

  virtual ~Waiter() = default;

  /// Waits until `fd` is readable (-1: for nothing), `deadline` has come (nullopt: never), or
  /// somebody interrupts; the last wins over the others.
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
  const UniqueFd event_;
};

/// What poll() takes for a wait that ends at `deadline`: milliseconds, rounded up, -1 for never.
SSE_EXPORT int poll_timeout(std::optional<BootTime> deadline, BootTime now);

}  // namespace sse::client
