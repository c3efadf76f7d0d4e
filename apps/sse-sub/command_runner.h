#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "sse/client/backoff.h"
#include "sse/wire/event.h"

#include "cli/child.h"
#include "printer.h"
#include "watch.h"

namespace sse::sub {

/// Runs a command for each event, one at a time: the data and a line end on its stdin, the rest in
/// SSE_EVENT_* variables. Thread-compatible.
class CommandRunner {
 public:
  enum class Outcome {
    kDone,         ///< exit status 0
    kFailed,       ///< not even after the retries; failure() says how
    kCannotRun,    ///< there is no such program, or it may not be run
    kInterrupted,  ///< the watch is over, and the command has not succeeded
  };

  /// Tries of one event before it counts as failed, a little apart.
  static constexpr int kTries = 4;

  CommandRunner(std::vector<std::string> argv, Watch& watch, const Clock& clock,
                RandomSource& random, const client::Backoff::Limits& pauses);

  Outcome run(const wire::ReceivedEvent& event, Replay replay);

  const std::string& failure() const { return failure_; }
  cli::ExitCode start_failure() const { return start_failure_; }

 private:
  Outcome run_once(const wire::ReceivedEvent& event, const std::vector<std::string>& variables);
  bool feed(cli::Child& child, std::string_view data);

  const std::vector<std::string> argv_;
  Watch& watch_;
  const Clock& clock_;
  RandomSource& random_;
  const client::Backoff::Limits pauses_;
  std::string failure_;
  cli::ExitCode start_failure_ = cli::ExitCode::kDone;
};

}  // namespace sse::sub
