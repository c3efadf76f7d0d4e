#include "watch.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

namespace sse::sub {
namespace {

using Moment = std::optional<BootTime>;

Moment earlier(Moment a, Moment b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

Watch::Watch(const Clock& clock, const cli::StopSignals& signals)
    : clock_(clock), signals_(signals) {
}

Watch::Woke Watch::wait(int fd, Moment deadline) {
  return wait_for(fd, POLLIN, deadline, Heed::kAll);
}

Watch::Woke Watch::wait_for(int fd, short events, Moment deadline, Heed heed) {
  for (;;) {
    const int signals = heed == Heed::kAll ? signals_.fd() : -1;
    const int output = heed == Heed::kAll ? output_ : -1;
    // For a pipe without a reader poll() reports POLLERR, whatever was asked for.
    std::array<pollfd, 3> polled{{{fd, events, 0}, {signals, POLLIN, 0}, {output, 0, 0}}};
    const auto next = earlier(deadline, earlier(deadline_, task_ ? Moment(task_time_) : Moment()));
    ::poll(polled.data(), polled.size(), client::poll_timeout(next, clock_.now().boot));

    if (notice(heed, polled[2].revents)) return Woke::kInterrupted;
    const BootTime now = clock_.now().boot;
    if (task_ && now >= task_time_) std::exchange(task_, nullptr)();
    if (polled[0].revents != 0) return Woke::kReady;
    if (deadline && now >= *deadline) return Woke::kDeadline;
  }
}

bool Watch::is_over() {
  return notice(Heed::kAll, 0);
}

bool Watch::notice(Heed heed, short output_events) {
  if (deadline_ && clock_.now().boot >= *deadline_) {
    cause_ = Cause::kTimeout;
    return true;
  }
  if (heed == Heed::kTimeout) return false;
  if (signals_.received() != 0) {
    cause_ = Cause::kSignal;
    return true;
  }
  if ((output_events & (POLLERR | POLLHUP)) == 0) return false;
  cause_ = Cause::kOutputClosed;
  return true;
}

void Watch::call_at(BootTime time, std::function<void()> task) {
  task_time_ = time;
  task_ = std::move(task);
}

}  // namespace sse::sub
