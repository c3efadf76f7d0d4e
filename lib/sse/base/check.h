#pragma once

#include "sse/base/export.h"

namespace sse {

/// Writes the broken condition to stderr and aborts.
[[noreturn]] SSE_EXPORT void check_failed(const char* condition, const char* file, int line);

}  // namespace sse

/// A condition that only a bug in this program can break. Never on anything that a peer, a file or
/// an operator controls: those get an Error.
#define SSE_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::sse::check_failed(#condition, __FILE__, __LINE__))
