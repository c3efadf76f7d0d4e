#include "sse/client/waiter.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace sse::client {

int poll_timeout(std::optional<BootTime> deadline, BootTime now) {
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

PollWaiter::PollWaiter(const Clock& clock) : clock_(clock) {
}

Waiter::Woke PollWaiter::wait(int fd, std::optional<BootTime> deadline) {
  for (;;) {
    std::array<pollfd, 2> polled{{{interrupted_.get(), POLLIN, 0}, {fd, POLLIN, 0}}};
    const auto now = clock_.now().boot;
    ::poll(polled.data(), polled.size(), poll_timeout(deadline, now));
    if (polled[0].revents != 0) return Woke::kInterrupted;
    if (polled[1].revents != 0) return Woke::kReady;
    if (deadline && clock_.now().boot >= *deadline) return Woke::kDeadline;
  }
}

void PollWaiter::interrupt() {
  interrupted_.wake();
}

}  // namespace sse::client
