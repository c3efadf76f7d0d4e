#pragma once

#include <cstddef>

#include "sse/base/result.h"

namespace sse::bench {

/// Lets this process open `needed` descriptors more than the few that every program has: raises the
/// limit as far as it goes. Error: when that is not enough.
Status allow_descriptors(std::size_t needed);

}  // namespace sse::bench
