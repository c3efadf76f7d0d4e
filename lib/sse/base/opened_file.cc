#include "sse/base/opened_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sse/base/unique_fd.h"

namespace sse {
namespace {

Error unreadable(const std::string& path, const char* why) {
  return {ErrorCode::kIo, "cannot read " + path + ": " + why};
}

}  // namespace

Result<OpenedFile> read_opened(const std::string& path, std::size_t most) {
  // A FIFO in its place must not hold us up.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) return unreadable(path, std::strerror(errno));
  OpenedFile file;
  if (::fstat(fd.get(), &file.status) != 0) return unreadable(path, std::strerror(errno));
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count == 0) return file;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(path, std::strerror(errno));
    file.text.append(buffer.data(), static_cast<std::size_t>(count));
    if (file.text.size() > most) return unreadable(path, "it is too large");
  }
}

Result<std::string> read_checked(const std::string& path, std::size_t most, FileSecrecy secrecy) {
  auto file = SSE_TRY(read_opened(path, most));
  SSE_TRY(check_file(path, file.status, ::geteuid(), secrecy));
  return std::move(file.text);
}

}  // namespace sse
