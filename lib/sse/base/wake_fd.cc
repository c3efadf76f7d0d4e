#include "sse/base/wake_fd.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace sse {

WakeFd::WakeFd() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
}

void WakeFd::wake(int fd) {
  const int error = errno;
  const std::uint64_t one = 1;
  // It fails only when the counter is full, and then the descriptor is readable anyway.
  [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
  errno = error;
}

void WakeFd::take() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto size = ::read(fd_.get(), &count, sizeof count);
}

void WakeFd::wait() const {
  pollfd polled{fd_.get(), POLLIN, 0};
  while (is_open() && ::poll(&polled, 1, -1) < 0 && errno == EINTR) {
  }
}

}  // namespace sse
