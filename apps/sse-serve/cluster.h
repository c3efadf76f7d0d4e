#pragma once

/// \file
/// What sse-serve does for --cluster in addition to serving.

#include <string>

#include "sse/base/result.h"
#include "sse/journal/cluster_journal.h"

#include "options.h"
#include "service_manager.h"

namespace sse::cli {
class StopSignals;
}

namespace sse::serve {

/// Takes the passwords of Redis and of its sentinels from their files, or from SSE_CLUSTER_PASSWORD
/// and SSE_CLUSTER_SENTINEL_PASSWORD. Error: kIo, kInvalid.
Status take_cluster_passwords(Options& options);

/// From now on a start says why it waits for Redis, on stderr and to the service manager, and gives
/// up when a signal has come. All must outlive the start.
void show_wait(Options& options, const cli::StopSignals& signals, const ServiceManager& manager);

/// What a start has read, and which limits of the log differ from the options.
void log_cluster(const journal::ClusterLoaded& loaded, const Options& options);

}  // namespace sse::serve
