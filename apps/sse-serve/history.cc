#include "history.h"

#include <string>

#include "sse/base/logging.h"
#include "sse/base/quantities.h"
#include "sse/server/memory_ceiling.h"

#include "options.h"

namespace sse::serve {
namespace {

std::string promise_of(const journal::SyncPolicy& sync) {
  switch (sync.kind) {
    case journal::SyncPolicy::Kind::kAlways:
      return "an event is on the disk before it is acknowledged";
    case journal::SyncPolicy::Kind::kEvery:
      return "a power cut may lose the newest " + format_duration(sync.interval);
    case journal::SyncPolicy::Kind::kOff:
      break;
  }
  return "a power cut may lose the newest events";
}

}  // namespace

void log_history(const server::EventServerOptions& server) {
  if (!server.cluster.url.empty()) {
    log_line(LogLevel::kInfo, "history: shared with other hubs, at " + server.cluster.url);
    return;
  }
  const journal::JournalOptions& options = server.durable;
  if (options.directory.empty()) {
    log_line(LogLevel::kInfo, "history: in memory; a restart begins an empty log");
    return;
  }
  log_line(LogLevel::kInfo, "history: in " + options.directory + "; " + promise_of(options.sync) +
                                " (--sync " + sync_text(options.sync) + ")");
}

void log_loaded(const journal::Loaded& loaded, const journal::JournalOptions& options,
                std::chrono::nanoseconds time) {
  for (const auto& damage : loaded.damage) {
    log_line(LogLevel::kError, options.directory + ": " + damage);
  }
  if (!loaded.new_epoch.empty()) {
    // A restored backup is what the operator has put there.
    log_line(loaded.is_restored ? LogLevel::kInfo : LogLevel::kError,
             options.directory + ": " + loaded.new_epoch + "; new events get ids of a new epoch");
  }
  log_line(LogLevel::kInfo,
           "history: " + std::to_string(loaded.events) + " events (" +
               server::mebibytes(loaded.bytes) + "), " + std::to_string(loaded.rows) +
               " metrics with " + std::to_string(loaded.members) + " readings, read back in " +
               format_duration(std::chrono::floor<std::chrono::milliseconds>(time)));
  if (loaded.archived_events == 0) return;
  log_line(LogLevel::kInfo, "history: " + std::to_string(loaded.archived_events) +
                                " older events (" + server::mebibytes(loaded.archived_bytes) +
                                ") are on the disk");
}

}  // namespace sse::serve
