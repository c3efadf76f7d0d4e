#include "sse/client/transport.h"

#include <strings.h>

namespace sse::client {

std::string_view ResponseHead::header(std::string_view name) const {
  for (const Header& header : headers) {
    if (header.name.size() != name.size() ||
        ::strncasecmp(header.name.data(), name.data(), name.size()) != 0) {
      continue;
    }
    std::string_view value = header.value;
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    return value;
  }
  return {};
}

}  // namespace sse::client
