#include "ready_file.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "sse/base/unique_fd.h"

namespace sse::sub {
namespace {

std::string ready_line() {
  return std::to_string(::getpid()) + "\n";
}

}  // namespace

Status write_ready_file(const std::string& path) {
  const auto failed = [&] {
    return Error{ErrorCode::kIo, "cannot write the ready file " + path + ": " +
                                     std::generic_category().message(errno)};
  };
  const std::string text = ready_line();
  const std::string temporary = path + ".tmp";
  const UniqueFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.is_open()) return failed();
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      std::rename(temporary.c_str(), path.c_str()) != 0) {
    const Error error = failed();
    ::unlink(temporary.c_str());
    return error;
  }
  return {};
}

Status write_ready_fd(int fd, Watch& watch) {
  const std::string text = ready_line();
  // A pipe that is full is waited for, but not beyond `-W`.
  const auto woke = watch.wait_for(fd, POLLOUT, std::nullopt, Watch::Heed::kTimeout);
  const bool is_written = woke == Watch::Woke::kReady && ::write(fd, text.data(), text.size()) ==
                                                             static_cast<ssize_t>(text.size());
  if (!is_written) {
    return Error{ErrorCode::kIo, "cannot write to --ready-fd " + std::to_string(fd) + ": " +
                                     std::generic_category().message(errno)};
  }
  if (fd > STDERR_FILENO) ::close(fd);
  return {};
}

}  // namespace sse::sub
