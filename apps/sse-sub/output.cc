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
  // A pipe that poll() calls writable takes PIPE_BUF bytes without blocking: only so can a reader
  // who sleeps not keep `-W` waiting. Without `-W` nothing is waited for but the reader.
  const std::size_t most = watch_.has_deadline() ? PIPE_BUF : std::string_view::npos;
  bool is_full = watch_.has_deadline();
  while (!rest.empty()) {
    if (is_full && watch_.wait_for(fd_, POLLOUT, std::nullopt, Watch::Heed::kTimeout) ==
                       client::Waiter::Woke::kInterrupted) {
      return Written::kInterrupted;
    }
    const ssize_t size = ::write(fd_, rest.data(), std::min(rest.size(), most));
    if (size < 0) {
      is_full = is_full || errno == EAGAIN;  // stdout may be non-blocking: others share it
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
