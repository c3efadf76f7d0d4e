#include "descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "sse/hub/options.h"

namespace sse::serve {
namespace {

// Standard streams, listeners, the acceptor's spare, and what libraries open.
constexpr std::size_t kOwnDescriptors = 64;

// An epoll set, an eventfd, and closed streams that linger.
constexpr std::size_t kPerLoop = 2 + hub::kMostLingering;

}  // namespace

Result<std::size_t> make_room_for(std::size_t wanted_streams, std::size_t connections,
                                  std::size_t loops) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Error{ErrorCode::kIo,
                 std::string("cannot read the limit of descriptors: ") + std::strerror(errno)};
  }
  const std::size_t others = connections + kOwnDescriptors + loops * kPerLoop;
  const rlim_t needed = wanted_streams + others;
  if (limit.rlim_cur < needed) {
    limit.rlim_cur = std::min(needed, limit.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
      return Error{ErrorCode::kIo,
                   std::string("cannot raise the limit of descriptors: ") + std::strerror(errno)};
    }
  }
  if (limit.rlim_cur <= others) {
    return Error{ErrorCode::kIo, "only " + std::to_string(limit.rlim_cur) +
                                     " descriptors are allowed, and --max-connections and the hub"
                                     " itself need " +
                                     std::to_string(others) + ": raise ulimit -n"};
  }
  return std::min(wanted_streams, static_cast<std::size_t>(limit.rlim_cur) - others);
}

}  // namespace sse::serve
