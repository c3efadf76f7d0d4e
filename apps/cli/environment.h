#pragma once

#include <functional>
#include <optional>
#include <string>

namespace sse::cli {

/// Environment variables: getenv() behind it, a map in tests. nullopt or empty means unset.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The process's own; what is empty there is nullopt here.
Environment process_environment();

/// Whether `value` is what Kubernetes puts into NAME_PORT for a service that happens to be called
/// NAME: `tcp://10.0.0.1:80`. It was not written for us.
bool is_kubernetes_link(const std::string& name, const std::string& value);

}  // namespace sse::cli
