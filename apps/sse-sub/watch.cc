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
    std::array<pollfd, 4> polled{
        {{fd, events, 0}, {signals, POLLIN, 0}, {output, 0, 0}, {also_, POLLIN, 0}}};
    ::poll(polled.data(), polled.size(),
           client::poll_timeout(next_time(deadline, heed), clock_.now().boot));

    if ((polled[3].revents & POLLIN) != 0) run_also_();
    if (notice(heed, polled[2].revents)) return Woke::kInterrupted;
    const BootTime now = clock_.now().boot;
    run_tasks(now);
    if (polled[0].revents != 0) return Woke::kReady;
    if (heed == Heed::kAll) {
      for (const Cause cause : {Cause::kIdle, Cause::kOverdue, Cause::kUntil}) {
        if (is_due(cause, now)) return Woke::kInterrupted;
      }
    }
    if (deadline && now >= *deadline) return Woke::kDeadline;
  }
}

Moment Watch::next_time(Moment deadline, Heed heed) const {
  Moment next = earlier(deadline, deadline_);
  for (const Call& call : calls_) {
    if (call.run) next = earlier(next, call.time);
  }
  if (heed == Heed::kTimeout) return next;
  for (const Moment& end : ends_) next = earlier(next, end);
  return next;
}

void Watch::run_tasks(BootTime now) {
  for (Call& call : calls_) {
    if (call.run && now >= call.time) std::exchange(call.run, nullptr)();
  }
}

bool Watch::is_over() {
  return notice(Heed::kAll, 0);
}

bool Watch::notice(Heed heed, short output_events) {
  const BootTime now = clock_.now().boot;
  if (deadline_ && now >= *deadline_) {
    cause_ = Cause::kTimeout;
    return true;
  }
  if (heed == Heed::kTimeout) return false;
  if (signals_.received() != 0) {
    cause_ = Cause::kSignal;
    return true;
  }
  if ((output_events & (POLLERR | POLLHUP)) != 0) {
    cause_ = Cause::kOutputClosed;
    return true;
  }
  return is_due(Cause::kDuration, now);
}

bool Watch::is_due(Cause cause, BootTime now) {
  const Moment end = end_of(cause);
  if (!end || now < *end) return false;
  cause_ = cause;
  return true;
}

void Watch::call_at(Task task, BootTime time, std::function<void()> run) {
  calls_[static_cast<std::size_t>(task)] = {time, std::move(run)};
}

}  // namespace sse::sub
