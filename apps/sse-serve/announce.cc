#include "announce.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "sse/base/file_replacement.h"

namespace sse::serve {
namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Error failed(const std::string& what) {
  return {ErrorCode::kIo, "cannot write " + what + ": " + std::strerror(errno)};
}

Status write_port_file(const std::string& path, std::string_view text) {
  ReplacementRules rules;
  rules.mode = 0644;
  rules.waits_for_reader = true;
  FileCalls calls;
  const auto target = find_target(path);
  const Status written =
      target ? replace_file(*target, text, rules, calls) : Status(target.error());
  if (written) return {};
  return Error{ErrorCode::kIo, "cannot write --port-file " + path + ": " + written.error().text};
}

}  // namespace

Status print_url(const std::string& url) {
  return write_all(STDOUT_FILENO, url + "\n") ? Status() : Status(failed("the URL to stdout"));
}

Status announce(const Options& options, std::uint16_t port) {
  const std::string line = std::to_string(port) + "\n";
  if (!options.port_file.empty()) {
    auto written = write_port_file(options.port_file, line);
    if (!written) return written;
  }
  if (options.ready_fd) {
    if (!write_all(*options.ready_fd, line)) return failed("--ready-fd");
    // A program that reads it to its end is not kept waiting.
    if (*options.ready_fd > STDERR_FILENO) ::close(*options.ready_fd);
  }
  return {};
}

}  // namespace sse::serve
