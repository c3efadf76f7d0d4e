#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/client/endpoint.h"

namespace sse::client {

/// Reads the environment: nullopt for what is unset or empty.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// Where the cursor of a subscription is kept: `SSE_STATE_DIR`, the first of `STATE_DIRECTORY`
/// (systemd), `XDG_STATE_HOME/sse`, `~/.local/state/sse`. The file's name holds `name`, host and
/// port, and a hash of `subscription`: the URL with its filters, because another filter has another
/// place. Error: kInvalid for a name that cannot be in a file name, kNotFound when no variable
/// gives a directory.
SSE_EXPORT Result<std::string> cursor_path(std::string_view name, const Endpoint& subscription,
                                           const Environment& environment);

/// Whether there is a cursor of the same name for the same hub, but another path or filter.
SSE_EXPORT bool has_sibling_cursor(const std::string& path);

}  // namespace sse::client
