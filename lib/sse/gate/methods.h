#pragma once

#include <string_view>

namespace sse::gate {

/// Whether a request with this method may change something (RFC 9110 section 9.2.1).
inline bool is_write(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

}  // namespace sse::gate
