#pragma once

#include <cstddef>

#include "sse/base/result.h"

namespace sse::bench {

/// Lets this process open `needed` descriptors, besides the few that every program has: the limit
/// is raised as far as it goes, and an error says when that is not enough.
Status allow_descriptors(std::size_t needed);

}  // namespace sse::bench
