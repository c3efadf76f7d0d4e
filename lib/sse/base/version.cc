#include "sse/base/version.h"

namespace sse {

std::string_view version() {
  return SSE_VERSION;
}

}  // namespace sse
