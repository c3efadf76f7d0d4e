#pragma once

#include <sys/resource.h>

#include <cstddef>
#include <optional>

#include "sse/base/result.h"

namespace sse::serve {

/// How many descriptors of each kind the hub may use.
struct DescriptorPlan {
  std::size_t streams = 0;
  std::size_t connections = 0;
  std::size_t limit = 0;  ///< RLIMIT_NOFILE as it is now
};

struct DescriptorWish {
  struct Count {
    std::size_t count = 0;
    bool is_given = false;  ///< else it is a default, and may be lowered
  };
  Count streams;
  Count connections;
  std::size_t loops = 1;
};

/// Divides `limit` descriptors. What was not given is lowered until all fits. Error: kIo, with the
/// bound, when what was given does not fit, or when nothing does.
Result<DescriptorPlan> plan_descriptors(const DescriptorWish& wish, std::size_t limit);

/// Raises RLIMIT_NOFILE to what `wish` needs, as far as the hard limit goes, and plans for that.
/// The kernel's table of descriptors has that size from then on. Best called before there are
/// threads.
Result<DescriptorPlan> make_room_for(const DescriptorWish& wish);

/// RLIMIT_NOFILE as it was when the program started: for commands, which may use select().
/// REQUIRES: called before make_room_for().
std::optional<rlimit> inherited_descriptor_limit();

}  // namespace sse::serve
