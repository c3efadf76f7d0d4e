#include "ready_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "sse/base/unique_fd.h"

namespace sse::sub {

Status write_ready_file(const std::string& path) {
  const auto failed = [&] {
    return Error{ErrorCode::kIo, "cannot write the ready file " + path + ": " +
                                     std::generic_category().message(errno)};
  };
  const std::string text = std::to_string(::getpid()) + "\n";
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

}  // namespace sse::sub
