#pragma once

#include <cstddef>

#include "sse/base/result.h"

namespace sse::serve {

/// Raises RLIMIT_NOFILE to what `wanted_streams` streams and `connections` others need on `loops`
/// loops, as far as the hard limit goes. Returns how many streams fit, at most `wanted_streams`.
/// Error: kIo when not even one does.
Result<std::size_t> make_room_for(std::size_t wanted_streams, std::size_t connections,
                                  std::size_t loops);

}  // namespace sse::serve
