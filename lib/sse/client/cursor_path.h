#pragma once

#include <cstdint>
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

enum class SiblingCursor : std::uint8_t {
  kNone,
  kOtherHub,      ///< of another host or port, whatever its filters
  kOtherFilters,  ///< of the same hub, with another path or filter
};

/// Whether there is another cursor of the same name beside that of `path`, which cursor_path() has
/// given; of two kinds the last one above is told.
SSE_EXPORT SiblingCursor sibling_cursor(const std::string& path);

}  // namespace sse::client
