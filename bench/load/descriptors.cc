#include "descriptors.h"

#include <sys/resource.h>

#include <string>

namespace sse::bench {

Status allow_descriptors(std::size_t needed) {
  constexpr std::size_t kOfEveryProgram = 32;
  const rlim_t wanted = needed + kOfEveryProgram;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return {};
  if (limit.rlim_max < wanted) {
    const rlimit higher{wanted, wanted};  // for who may
    if (setrlimit(RLIMIT_NOFILE, &higher) == 0) return {};
    return Error{ErrorCode::kUnavailable,
                 std::to_string(needed) + " connections need " + std::to_string(wanted) +
                     " descriptors, and the hard limit is " + std::to_string(limit.rlim_max) +
                     " (ulimit -Hn): open fewer, or raise it"};
  }
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return {};
}

}  // namespace sse::bench
