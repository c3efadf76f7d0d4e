#pragma once

#include "commands.h"

namespace sse::pub {

/// `list`: the metrics of the hub, one per line, in order of creation.
cli::ExitCode list_metrics(const Session& session);

/// `readings`: those of one metric, oldest first.
cli::ExitCode list_readings(const Session& session);

/// `delete`: a metric goes, with its readings.
cli::ExitCode delete_metric(const Session& session);

/// `whoami`: what the hub says of our token, one line of JSON.
cli::ExitCode show_rights(const Session& session);

/// The path and query of those readings.
std::string readings_query(const Options& options);

}  // namespace sse::pub
