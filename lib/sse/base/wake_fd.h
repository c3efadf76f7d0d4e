#pragma once

#include "sse/base/export.h"
#include "sse/base/unique_fd.h"

namespace sse {

/// A descriptor that becomes readable when it is woken: how one thread, or a signal handler, gets
/// another one out of poll(). An eventfd. Thread-safe, as long as it is not moved.
class SSE_EXPORT WakeFd {
 public:
  /// Without a descriptor when there is none to be had: errno says why. poll() then never reports
  /// it, and the rest does nothing.
  WakeFd();

  bool is_open() const { return fd_.is_open(); }

  /// Readable from the first wake() on, until a take().
  int get() const { return fd_.get(); }

  /// Never waits. Leaves errno as it was: safe in a signal handler.
  void wake() const { wake(get()); }
  /// The same for a descriptor that was released.
  static void wake(int fd);

  /// Takes what was woken so far. Never waits.
  void take() const;

  /// Waits for a wake(), and leaves it for others.
  void wait() const;

  /// Gives it up, as for a signal handler that may run until the process ends.
  int release() { return fd_.release(); }

 private:
  UniqueFd fd_;
};

}  // namespace sse
