#include "ready_file.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "sse/base/file_replacement.h"

namespace sse::sub {
namespace {

std::string ready_line() {
  return std::to_string(::getpid()) + "\n";
}

}  // namespace

Status write_ready_file(const std::string& path) {
  ReplacementRules rules;
  rules.mode = 0644;
  rules.waits_for_reader = true;
  FileCalls calls;
  const auto target = find_target(path);
  const Status written =
      target ? replace_file(*target, ready_line(), rules, calls) : Status(target.error());
  if (written) return {};
  return Error{ErrorCode::kIo, "cannot write the ready file " + path + ": " + written.error().text};
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
