#include "cli/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <system_error>

namespace sse::cli {

void claim_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number is this one: those below are taken. In the wrong direction.
    const int direction = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", direction | O_CLOEXEC) >= 0) continue;
    throw std::system_error(errno, std::generic_category(), "cannot open /dev/null");
  }
}

}  // namespace sse::cli
