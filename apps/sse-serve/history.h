#pragma once

/// \file
/// What sse-serve says of --data-dir.

#include <chrono>

#include "sse/journal/durable_journal.h"
#include "sse/journal/journal_options.h"
#include "sse/server/event_server_options.h"

namespace sse::serve {

/// How history is kept, for --check-config.
void log_history(const server::EventServerOptions& server);

/// What was read back and how long it took, and what was wrong with it.
void log_loaded(const journal::Loaded& loaded, const journal::JournalOptions& options,
                std::chrono::nanoseconds time);

}  // namespace sse::serve
