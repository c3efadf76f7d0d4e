#include "cli/read_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "sse/base/escape.h"
#include "sse/base/unique_fd.h"

namespace sse::cli {
namespace {

/// Far above what any hub takes for one event; bounds what an endless file makes us hold.
constexpr std::size_t kMaxFile = std::size_t{256} << 20U;

Error unreadable(const std::string& path, const char* why) {
  return {ErrorCode::kIo, "cannot read " + sse::quoted(path) + ": " + why};
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  UniqueFd opened;
  if (path != "-") {
    opened.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened.is_open()) return unreadable(path, std::strerror(errno));
  }
  const int fd = path == "-" ? STDIN_FILENO : opened.get();
  std::string content;
  std::array<char, 64 * 1024> buffer;
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count == 0) return content;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(path, std::strerror(errno));
    content.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.size() > kMaxFile) return unreadable(path, "it is larger than 256 MiB");
  }
}

}  // namespace sse::cli
