#include "sse/base/stderr_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string>

namespace sse {
namespace {

/// Where poll() fails again and again, a writer would turn for ever.
constexpr int kMostBlindWrites = 100;

/// The same pipe or terminal through an open file description of our own, so that O_NONBLOCK is
/// ours alone. Where that cannot be (no /proc, a file of another user), a plain duplicate: a write
/// of up to PIPE_BUF bytes after poll() then blocks only if another writer was quicker.
int open_own(int fd, const struct stat& status) {
  if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const int own = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (own >= 0) return own;
  }
  return ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

}  // namespace

StderrWriter::StderrWriter(int fd)
    : grace_over_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return;  // closed: every write fails, which is right
  is_socket_ = S_ISSOCK(status.st_mode);
  out_.reset(open_own(fd, status));
}

bool StderrWriter::write(std::string_view line) {
  while (!line.empty()) {
    if (!wait_until_writable()) return false;
    const ssize_t written = write_some(line.substr(0, PIPE_BUF));
    if (written >= 0) {
      line.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EAGAIN && errno != EINTR) {
      return false;
    }
  }
  return true;
}

void StderrWriter::give_up_after(std::chrono::milliseconds grace) {
  const auto at_least = std::max(grace, std::chrono::milliseconds(1));  // 0 would never fire
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at_least);
  itimerspec spec{};
  spec.it_value.tv_sec = seconds.count();
  spec.it_value.tv_nsec = std::chrono::nanoseconds(at_least - seconds).count();
  ::timerfd_settime(grace_over_.get(), 0, &spec, nullptr);
}

bool StderrWriter::wait_until_writable() {
  if (!out_.is_open()) return false;
  while (true) {
    std::array<pollfd, 2> polled = {{{out_.get(), POLLOUT, 0}, {grace_over_.get(), POLLIN, 0}}};
    if (::poll(polled.data(), polled.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return ++blind_writes_ <= kMostBlindWrites;  // the write itself says whether there is room
    }
    // A slow reader gets no longer than one that never reads.
    const bool is_grace_over = (polled[1].revents & POLLIN) != 0;
    const bool is_writable = (polled[0].revents & POLLOUT) != 0;
    return is_writable && !is_grace_over;
  }
}

ssize_t StderrWriter::write_some(std::string_view bytes) {
  if (is_socket_)
    return ::send(out_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return ::write(out_.get(), bytes.data(), bytes.size());
}

}  // namespace sse
