#include "cli/environment.h"

#include <cstdlib>

namespace sse::cli {

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

bool is_kubernetes_link(const std::string& name, const std::string& value) {
  return name.ends_with("_PORT") && (value.starts_with("tcp://") || value.starts_with("udp://"));
}

}  // namespace sse::cli
