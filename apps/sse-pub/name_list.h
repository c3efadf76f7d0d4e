#pragma once

#include <optional>
#include <string>

#include "commands.h"

namespace sse::pub {

/// `list topics` and `list types`: what the events have that the hub still keeps, by name. Asked by
/// polls, page by page, so that every hub with `GET /events` can be asked. Topics of metrics are
/// left out: `list` has these by their names.
cli::ExitCode list_names(const Session& session);

/// The first page: path and query.
std::string kept_events_path(const std::optional<WallTime>& since);

}  // namespace sse::pub
