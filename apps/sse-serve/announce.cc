#include "announce.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "sse/base/unique_fd.h"

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

Status write_file(const std::string& path, std::string_view text) {
  // Renamed into place, so that whoever waits for the file never reads half a port.
  const std::string temporary = path + "." + std::to_string(::getpid());
  {
    const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd.is_open() || !write_all(fd.get(), text)) return failed("--port-file " + path);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("--port-file " + path);
  return {};
}

}  // namespace

Status announce(const Options& options, std::uint16_t port, const std::string& url) {
  const std::string line = std::to_string(port) + "\n";
  if (!options.port_file.empty()) {
    auto written = write_file(options.port_file, line);
    if (!written) return written;
  }
  if (options.print_url && !write_all(STDOUT_FILENO, url + "\n"))
    return failed("the URL to stdout");
  if (options.ready_fd) {
    if (!write_all(*options.ready_fd, line)) return failed("--ready-fd");
    // Whoever reads it to its end is not kept waiting.
    if (*options.ready_fd > STDERR_FILENO) ::close(*options.ready_fd);
  }
  return {};
}

}  // namespace sse::serve
