#include "output.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>

#include <limits.h>

namespace sse::sub {

Output::Written Output::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    // A pipe that poll() calls writable takes PIPE_BUF bytes without blocking, so that a reader who
    // sleeps cannot keep `-W` waiting.
    if (watch_.wait_for(fd_, POLLOUT, std::nullopt, Watch::Heed::kTimeout) ==
        client::Waiter::Woke::kInterrupted) {
      return Written::kInterrupted;
    }
    const ssize_t size = ::write(fd_, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
    if (size < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      if (errno == EPIPE) return Written::kClosed;
      failure_ = std::generic_category().message(errno);
      return Written::kFailed;
    }
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  buffer_.clear();
  return Written::kAll;
}

}  // namespace sse::sub
