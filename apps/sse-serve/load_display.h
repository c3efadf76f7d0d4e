#pragma once

#include <chrono>
#include <string>

#include "sse/base/clock.h"
#include "sse/journal/journal_options.h"

#include "cli/status_line.h"
#include "service_manager.h"

namespace sse::serve {

/// Shows how far a start has read history back, once a second: a line on a terminal, and the status
/// that the service manager shows, which also waits longer for as long as it goes on.
/// Thread-compatible.
class LoadDisplay {
 public:
  /// `terminal`: a descriptor, or -1; nothing is written to one that is not a terminal's.
  LoadDisplay(std::string directory, int terminal, const ServiceManager& manager,
              const Clock& clock);
  LoadDisplay(const LoadDisplay&) = delete;
  LoadDisplay& operator=(const LoadDisplay&) = delete;

  void begin();
  void update(const journal::LoadProgress& progress);

  /// The reading is over: the line goes. How long it took.
  std::chrono::nanoseconds end();

 private:
  const std::string directory_;
  cli::StatusLine line_;
  const bool is_shown_;
  const ServiceManager& manager_;
  const Clock& clock_;
  BootTime begin_;
  BootTime next_;
};

}  // namespace sse::serve
