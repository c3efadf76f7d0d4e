#include "descriptor_limit.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "sse/base/unique_fd.h"
#include "sse/hub/options.h"

namespace sse::serve {
namespace {

// Standard streams, listeners, the acceptor's spare, and what libraries open.
constexpr std::size_t kOwnDescriptors = 64;
constexpr std::size_t kPerLoop = 2;  // an epoll set and an eventfd

/// With fewer for peers, a hub is of no use.
constexpr std::size_t kFewest = 16;

Error does_not_fit(const std::string& what, std::size_t most, std::size_t limit) {
  return {ErrorCode::kIo, what + " needs more descriptors than the hard limit of " +
                              std::to_string(limit) + " allows: expected at most " +
                              std::to_string(most) + "; raise ulimit -Hn (systemd: LimitNOFILE=)"};
}

/// Of closed streams that have not ended yet.
std::size_t lingering(const DescriptorWish& wish) {
  return wish.loops * hub::kMostLingering;
}

std::size_t needed(const DescriptorWish& wish) {
  return wish.streams.count + wish.connections.count + kOwnDescriptors + wish.loops * kPerLoop +
         lingering(wish);
}

// The kernel doubles a table that is full, and accept() of a process with several threads waits for
// that: 5 to 20 ms each time, for all streams of its loop. So it gets its size before. Best effort.
void widen_table(std::size_t size) {
  const UniqueFd any(::eventfd(0, EFD_CLOEXEC));
  const UniqueFd last(::fcntl(any.get(), F_DUPFD_CLOEXEC, static_cast<int>(size) - 1));
}

}  // namespace

Result<DescriptorPlan> plan_descriptors(const DescriptorWish& wish, std::size_t limit) {
  DescriptorPlan plan{wish.streams.count, wish.connections.count, limit};
  if (needed(wish) <= limit) return plan;
  const std::size_t own = kOwnDescriptors + wish.loops * kPerLoop;
  if (limit < own + kFewest) {
    return Error{ErrorCode::kIo, "only " + std::to_string(limit) +
                                     " descriptors are allowed, and the hub needs at least " +
                                     std::to_string(own + kFewest) +
                                     ": raise ulimit -n, or lower --threads"};
  }
  const std::size_t peers = limit - own;
  std::size_t linger = lingering(wish);
  // On a small machine streams that linger get a quarter, though more of them may come.
  const std::size_t asked = wish.connections.is_given ? wish.connections.count : 0;
  if (peers < linger + asked + 2 * kFewest) {
    linger = std::min(linger, peers / 4);
  }
  const std::size_t rest = peers - linger;
  if (!wish.connections.is_given) plan.connections = std::min(plan.connections, rest / 3);
  if (plan.connections >= rest) {
    return does_not_fit("--max-connections " + std::to_string(plan.connections), rest - 1, limit);
  }
  const std::size_t streams = rest - plan.connections;
  if (wish.streams.is_given && plan.streams > streams) {
    return does_not_fit("--max-clients " + std::to_string(plan.streams), streams, limit);
  }
  plan.streams = std::min(plan.streams, streams);
  return plan;
}

Result<DescriptorPlan> make_room_for(const DescriptorWish& wish) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return Error{ErrorCode::kIo,
                 std::string("cannot read the limit of descriptors: ") + std::strerror(errno)};
  }
  if (limit.rlim_cur < needed(wish)) {
    limit.rlim_cur = std::min<rlim_t>(needed(wish), limit.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
      return Error{ErrorCode::kIo,
                   std::string("cannot raise the limit of descriptors: ") + std::strerror(errno)};
    }
  }
  const auto most = static_cast<std::size_t>(limit.rlim_cur);
  widen_table(std::min(needed(wish), most));
  return plan_descriptors(wish, most);
}

std::optional<rlimit> inherited_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return limit;
}

}  // namespace sse::serve
